#include "rift/encode/text/config_over_json.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "rift/base/error.h"
#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/tokenizer_classes.h"

namespace rift::encode::text {
namespace {

void refuse_unimplemented(const FilesBesideJson& files, const TokenizerClass* known) {
  RIFT_REQUIRE(
      known != nullptr || files.class_name.empty(), Code::kUnsupported,
      "{}: tokenizer_class '{}' is not implemented (implemented: {}); if tokenizer.json is to be read as it is, "
      "name PreTrainedTokenizerFast",
      kTokenizerConfig, shorten(files.class_name), names_of_tokenizer_classes());
  const auto refuse = [](std::string_view setting) {
    RIFT_FAIL(Code::kUnsupported, "{}: {} is not implemented", kTokenizerConfig, setting);
  };
  for (const std::string_view key : {"split_special_tokens", "fix_mistral_regex"}) {
    if (configured_flag(files.config, key, false)) refuse(fmt::format("{}: true", key));
  }
  const Json* side = files.config.find("truncation_side");
  if (side != nullptr && *side == Json("left")) refuse("truncation_side: left");
}

/// The special tokens of a text's beginning, end and so on, as transformers gathers them, and what it adds to the
/// vocabulary for them.
class TokensBesideJson {
 public:
  TokensBesideJson(const FilesBesideJson& files, const TokenizerClass* known, std::vector<AddedToken>& added,
                   const std::vector<Vocabulary::Token>& vocabulary)
      : files_(files), known_(known), added_(added) {
    for (const auto& token : vocabulary) ids_.emplace(token.text, token.id);
    next_id_ = static_cast<int64_t>(vocabulary.size());
    for (size_t i = 0; i < added.size(); ++i) {
      place_of_.emplace(added[i].content, i);
      note(added[i].content, added[i].id);
    }
    gather_decoder();
  }

  void add_all() {
    const std::vector<Named> named = named_tokens();
    std::set<std::string_view> names;
    for (const Named& one : named) names.insert(one.token.content);
    std::set<std::string> there;
    for (const AddedToken& token : added_) there.insert(token.content);
    for (const auto& [id, token] : decoder_) there.insert(token.content);
    for (auto& [id, token] : decoder_) {
      token.special |= names.contains(token.content);
      add(token);
    }
    for (const Named& one : named) {
      if (one.with_flags || !there.contains(one.token.content)) add(one.token);
    }
  }

  /// Unset where a file says null, or no file names one and the class has none.
  std::optional<AddedToken> role(std::string_view name) const {
    const auto named = named_token(name);
    return named ? std::optional(named->token) : std::nullopt;
  }

  int32_t id_of(const AddedToken& token) const { return static_cast<int32_t>(ids_.at(token.content)); }

 private:
  struct Named {
    AddedToken token;
    bool with_flags = false;  // not only a name
  };

  void note(const std::string& content, int64_t id) {
    ids_.emplace(content, id);
    next_id_ = std::max(next_id_, id + 1);
  }

  void gather_decoder() {
    const Json* decoder = files_.config.find("added_tokens_decoder");
    if (decoder == nullptr || decoder->is_null()) return;
    for (AddedToken& token : read_added_tokens_decoder(*decoder)) decoder_.emplace(token.id, token);
  }

  bool has_decoder() const { return files_.config.contains("added_tokens_decoder"); }

  /// What the files say of a role.
  const Json* written(std::string_view name) const {
    if (!has_decoder()) {
      if (const Json* value = files_.special_tokens_map.find(name)) return value;
    }
    return files_.config.find(name);
  }

  /// The token of that name with the flags of added_tokens_decoder or, without one, of tokenizer.json.
  std::optional<AddedToken> known_token(std::string_view content) const {
    if (has_decoder()) {  // asked for a role's token, of which there are seven
      const auto found =
          std::ranges::find_if(decoder_, [&](const auto& entry) { return entry.second.content == content; });
      return found != decoder_.end() ? std::optional(found->second) : std::nullopt;
    }
    const auto found = place_of_.find(content);
    return found != place_of_.end() ? std::optional(added_[found->second]) : std::nullopt;
  }

  Named token_of(const Json& value, std::string_view name) const {
    Named named{special_token_of(value, name), value.is_object()};
    if (auto flags = known_token(named.token.content)) {
      flags->special = true;
      return {*flags, true};
    }
    const UsualToken* usual = usual_token(name);
    if (usual != nullptr && usual->with_flags && value.is_string()) return flags_of(*usual, named.token.content);
    return named;
  }

  const UsualToken* usual_token(std::string_view name) const {
    if (known_ == nullptr) return nullptr;
    const auto found = std::ranges::find(known_->tokens, name, &UsualToken::role);
    return found != known_->tokens.end() ? &*found : nullptr;
  }

  static Named flags_of(const UsualToken& usual, std::string_view text) {
    return {{.content = std::string(text),
             .special = true,
             .lstrip = usual.takes_space_before,
             .normalized = usual.normalized},
            usual.with_flags};
  }

  std::optional<Named> named_token(std::string_view name) const {
    if (const Json* value = written(name)) {
      if (value->is_null()) return std::nullopt;
      return token_of(*value, name);
    }
    const UsualToken* usual = usual_token(name);
    return usual != nullptr ? std::optional(flags_of(*usual, usual->text)) : std::nullopt;
  }

  /// In transformers' order, each once.
  std::vector<Named> named_tokens() const {
    std::vector<Named> tokens;
    std::set<std::string> known;
    const auto put = [&](std::optional<Named> named) {
      if (named && known.insert(named->token.content).second) tokens.push_back(std::move(*named));
    };
    for (const std::string_view name : kTokenRoles) put(named_token(name));
    for (const std::string_view name : {"additional_special_tokens", "extra_special_tokens"}) {
      const Json* list = written(name);
      if (list == nullptr || list->is_null()) continue;
      if (list->is_object()) {
        for (const auto& [key, value] : list->as_object()) put(Named{special_token_of(value, key), value.is_object()});
      } else {
        RIFT_REQUIRE(list->is_array(), Code::kArtefact, "{}: line {}: {} is not a list", kTokenizerConfig, list->line(),
                     name);
        for (const Json& value : list->as_array()) put(Named{special_token_of(value, name), value.is_object()});
      }
    }
    return tokens;
  }

  void add(AddedToken token) {
    if (token.content.empty()) return;
    const auto known = ids_.find(token.content);
    RIFT_REQUIRE(known != ids_.end() || next_id_ < Vocabulary::kMostIds, Code::kArtefact,
                 "{}: no id is left for added token '{}'", kTokenizerConfig, shorten(token.content));
    token.id = static_cast<int32_t>(known != ids_.end() ? known->second : next_id_);
    note(token.content, token.id);
    const auto [place, is_new] = place_of_.emplace(token.content, added_.size());
    if (is_new) return added_.push_back(std::move(token));
    AddedToken* const same = &added_[place->second];
    // The library keeps looking for a special token where it looked before, whatever flags it gets.
    RIFT_REQUIRE(same->special || same->normalized == token.normalized, Code::kUnsupported,
                 "{}: added token '{}' is looked for in the normalized text by one file and in the text as it is by "
                 "tokenizer.json; that is not implemented",
                 kTokenizerConfig, shorten(token.content));
    token.normalized = same->normalized;
    *same = std::move(token);
  }

  const FilesBesideJson& files_;
  const TokenizerClass* known_;
  std::vector<AddedToken>& added_;
  std::map<std::string, size_t, std::less<>> place_of_;  // in added_, by content
  std::map<std::string, int64_t, std::less<>> ids_;
  std::map<int32_t, AddedToken> decoder_;
  int64_t next_id_ = 0;
};

/// tokenizer_config.json of a class that sets BERT's normalizer, defaults included.
void set_normalizer(const Json& config, BertNormalizerOptions& normalizer) {
  normalizer.lower_case = normalizer.handle_chinese_chars = true;
  normalizer.strip_accents.reset();
  apply_tokenizer_config(config, kTokenizerConfig, normalizer);
}

/// [bos] text [eos], as LlamaTokenizerFast and GemmaTokenizerFast write their post-processor.
TokensAround bos_and_eos(const Json& config, const TokensBesideJson& tokens) {
  TokensAround around;
  const auto put = [&](std::string_view key, bool usual, std::string_view role, std::vector<int32_t>& ids) {
    if (!configured_flag(config, key, usual)) return;
    const auto token = tokens.role(role);
    RIFT_REQUIRE(token && !token->content.empty(), Code::kArtefact, "{}: {} is true, but {} names no token",
                 kTokenizerConfig, key, role);
    ids = {tokens.id_of(*token)};
  };
  put("add_bos_token", true, "bos_token", around.before);
  put("add_eos_token", false, "eos_token", around.after);
  return around;
}

void set_prefix_space(const Json& config, const TokenizerClass* known, PipelineSpec& spec) {
  const bool add_prefix_space = configured_flag(config, "add_prefix_space", false);
  // A Sequence of parts has no such setting, and its ByteLevel stays as it is.
  if (spec.pre_tokenizer.size() == 1) {
    auto* bytes = std::get_if<ByteLevelStep>(&spec.pre_tokenizer.front());
    const bool says_nothing = known != nullptr && known->rebuilds_of_model && !config.contains("add_prefix_space");
    if (bytes != nullptr && !says_nothing) bytes->add_prefix_space = add_prefix_space;
  }
  if (known == nullptr || !known->sets_trim || !spec.may_trim) return;
  spec.trim.reset();
  if (configured_flag(config, "trim_offsets", true)) spec.trim = TrimOptions{add_prefix_space};
}

}  // namespace

void apply_files_beside(const FilesBesideJson& files, TokenizerSpec& spec) {
  const TokenizerClass* known = tokenizer_class_named(files.class_name);
  refuse_unimplemented(files, known);
  auto* bert = std::get_if<BertTokenizerSpec>(&spec);
  auto* pipeline = std::get_if<PipelineSpec>(&spec);
  std::visit(
      [&](auto& one) {
        TokensBesideJson tokens(files, known, one.added_tokens, one.vocabulary);
        tokens.add_all();
        if (known == nullptr || !known->sets_bos_and_eos) return;
        one.around = bos_and_eos(files.config, tokens);
        if (pipeline != nullptr) pipeline->trim.reset();
      },
      spec);
  if (pipeline != nullptr) set_prefix_space(files.config, known, *pipeline);
  if (bert == nullptr || !bert->normalizer) return;
  if (known == nullptr) {
    apply_tokenizer_config(files.config, kTokenizerConfig, *bert->normalizer);
  } else if (known->sets_normalizer) {
    set_normalizer(files.config, *bert->normalizer);
  }
}

}  // namespace rift::encode::text
