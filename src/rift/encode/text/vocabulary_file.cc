#include "rift/encode/text/vocabulary_file.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "rift/base/error.h"
#include "rift/base/utf8.h"
#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::encode::text {
namespace {

constexpr std::string_view kConfigName = "tokenizer_config.json";

std::vector<Vocabulary::Token> tokens_of(std::string_view text, std::string_view source) {
  const auto invalid = first_invalid_utf8(text);
  RIFT_REQUIRE(!invalid, Code::kArtefact, "{}: line {} is not UTF-8", source,
               1 + std::count(text.begin(), text.begin() + static_cast<int64_t>(*invalid), '\n'));
  std::vector<Vocabulary::Token> tokens;
  std::unordered_map<std::string_view, size_t> places;
  for (size_t at = 0, id = 0; at < text.size(); ++id) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view token = without_space_at_end(text.substr(at, end - at));
    const auto [place, added] = places.emplace(token, tokens.size());
    if (added) {
      tokens.push_back({std::string(token), static_cast<int64_t>(id), static_cast<int>(id) + 1});
    } else {
      tokens[place->second].id = static_cast<int64_t>(id);
      tokens[place->second].line = static_cast<int>(id) + 1;
    }
    at = end + 1;
  }
  return tokens;
}

/// The value of "cls_token" and the like: a text, or a mapping with its flags.
AddedToken token_of(const Json& value, std::string_view key) {
  AddedToken token;
  token.special = true;
  if (value.is_string()) {
    token.content = value.as_string();
    return token;
  }
  const auto flag = [&](std::string_view name) {
    const Json* found = value.find(name);
    RIFT_REQUIRE(found == nullptr || found->is_bool(), Code::kArtefact, "{}: line {}: {}.{} is not true or false",
                 kConfigName, value.line(), key, name);
    return found != nullptr && found->as_bool();
  };
  const Json* content = value.find("content");
  RIFT_REQUIRE(content != nullptr && content->is_string(), Code::kArtefact, "{}: line {}: {} is not a token",
               kConfigName, value.line(), key);
  token.content = content->as_string();
  token.single_word = flag("single_word");
  token.lstrip = flag("lstrip");
  token.rstrip = flag("rstrip");
  token.normalized = flag("normalized");
  if (value.contains("special")) token.special = flag("special");
  return token;
}

class Reader {
 public:
  Reader(BertTokenizerSpec& spec, const Json& config) : spec_(spec), config_(config) {
    for (const auto& token : spec.vocabulary) ids_.emplace(token.text, static_cast<int32_t>(token.id));
  }

  void read() {
    read_decoder();
    spec_.wordpiece.unk_token = named("unk_token", "[UNK]").content;
    spec_.before = {required(named("cls_token", "[CLS]"))};
    spec_.after = {required(named("sep_token", "[SEP]"))};
    for (const auto& [key, text] :
         {std::pair{"unk_token", "[UNK]"}, std::pair{"sep_token", "[SEP]"}, std::pair{"pad_token", "[PAD]"},
          std::pair{"cls_token", "[CLS]"}, std::pair{"mask_token", "[MASK]"}}) {
      add(named(key, text));
    }
  }

 private:
  AddedToken named(std::string_view key, std::string_view usual) const {
    const Json* value = config_.find(key);
    return value == nullptr || value->is_null() ? token_of(Json(usual), key) : token_of(*value, key);
  }

  int32_t required(const AddedToken& token) const {
    const auto found = ids_.find(token.content);
    RIFT_REQUIRE(found != ids_.end(), Code::kArtefact, "{}: the vocabulary has no '{}'", spec_.source,
                 shorten(token.content));
    return found->second;
  }

  /// A token of the vocabulary that is looked for in texts, once.
  void add(AddedToken token) {
    const auto found = ids_.find(token.content);
    const auto same = [&](const AddedToken& other) { return other.content == token.content; };
    if (found == ids_.end() || std::any_of(spec_.added_tokens.begin(), spec_.added_tokens.end(), same)) return;
    token.id = found->second;
    spec_.added_tokens.push_back(std::move(token));
  }

  /// {"101": {"content": "[CLS]", "lstrip": false, ...}, ...}
  void read_decoder() {
    const Json* decoder = config_.find("added_tokens_decoder");
    if (decoder == nullptr || decoder->is_null()) return;
    RIFT_REQUIRE(decoder->is_object(), Code::kArtefact, "{}: line {}: added_tokens_decoder is not a mapping",
                 kConfigName, decoder->line());
    for (const auto& [key, value] : decoder->as_object()) {
      int32_t id = -1;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
      RIFT_REQUIRE(error == std::errc() && end == key.data() + key.size() && id >= 0, Code::kArtefact,
                   "{}: line {}: added_tokens_decoder: '{}' is not an id", kConfigName, value.line(), shorten(key));
      AddedToken token = token_of(value, "added_tokens_decoder." + key);
      token.id = id;
      ids_.emplace(token.content, id);
      spec_.added_tokens.push_back(std::move(token));
    }
  }

  BertTokenizerSpec& spec_;
  const Json& config_;
  std::unordered_map<std::string, int32_t> ids_;
};

}  // namespace

BertTokenizerSpec read_vocabulary(std::string_view vocabulary, std::string_view source, const Json& config) {
  BertTokenizerSpec spec;
  spec.source = source;
  spec.vocabulary = tokens_of(vocabulary, source);
  apply_tokenizer_config(config, kConfigName, spec.normalizer.emplace());
  Reader(spec, config).read();
  return spec;
}

}  // namespace rift::encode::text
