#include "rift/encode/text/vocabulary_file.h"

#include <algorithm>
#include <unordered_map>

#include "rift/base/error.h"
#include "rift/base/utf8.h"
#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/tokenizer_classes.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::encode::text {
namespace {

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

}  // namespace

void require_class_of_vocabulary(std::string_view class_name, std::string_view source) {
  const TokenizerClass* known = tokenizer_class_named(class_name);
  const bool plain = class_name.empty() || class_name == "PreTrainedTokenizer";  // nothing says another one
  RIFT_REQUIRE(plain || (known != nullptr && known->sets_normalizer), Code::kUnsupported,
               "{} of '{}' is not implemented (that of {} is); if the tokenizer is BERT's, say so in "
               "tokenizer_config.json. transformers' save_pretrained writes tokenizer.json, which needs neither",
               source, shorten(class_name), names_of_tokenizer_classes(&TokenizerClass::sets_normalizer));
}

BertTokenizerSpec read_vocabulary(std::string_view vocabulary, std::string_view source, const Json& config) {
  BertTokenizerSpec spec;
  spec.source = source;
  spec.vocabulary = tokens_of(vocabulary, source);
  apply_tokenizer_config(config, kTokenizerConfig, spec.normalizer.emplace());
  ConfiguredTokens tokens(spec.vocabulary, config, source);
  spec.wordpiece.unk_token = tokens.named("unk_token", "[UNK]").content;
  spec.around.before = {tokens.required(tokens.named("cls_token", "[CLS]"))};
  spec.around.after = {tokens.required(tokens.named("sep_token", "[SEP]"))};
  for (const auto& [key, text] :
       {std::pair{"unk_token", "[UNK]"}, std::pair{"sep_token", "[SEP]"}, std::pair{"pad_token", "[PAD]"},
        std::pair{"cls_token", "[CLS]"}, std::pair{"mask_token", "[MASK]"}}) {
    tokens.add(tokens.named(key, text));
  }
  spec.added_tokens = tokens.take();
  return spec;
}

}  // namespace rift::encode::text
