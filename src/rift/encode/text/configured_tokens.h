#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rift/base/json.h"
#include "rift/encode/text/added_tokens.h"
#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {

inline constexpr std::string_view kTokenizerConfig = "tokenizer_config.json";
inline constexpr std::string_view kSpecialTokensMap = "special_tokens_map.json";

/// What special tokens are there for, as these files have it.
inline constexpr std::string_view kTokenRoles[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                   "pad_token", "cls_token", "mask_token"};

/// Whose tokenizer it is where only its vocabulary is there: tokenizer_class without "Fast", else the class that
/// belongs to config.json's model_type; what either names, if it is none of those.
std::string tokenizer_class_of(const Json& config, std::string_view model_type);

/// A special token as files name it: a text, or a mapping with its flags. `key` is named in errors: kArtefact where it
/// is neither.
AddedToken special_token_of(const Json& value, std::string_view key);

/// {"101": {"content": "[CLS]", "lstrip": false, ...}, ...}, in the order of the file. Throws kArtefact.
std::vector<AddedToken> read_added_tokens_decoder(const Json& decoder);

/// A setting of tokenizer_config.json. Throws kArtefact when it is not true or false.
bool configured_flag(const Json& config, std::string_view key, bool usual);

/// The tokens that a tokenizer_config.json names beside a vocabulary without a tokenizer.json: unk_token, cls_token and
/// the like, each a text or a mapping with its flags, and added_tokens_decoder. Throws kArtefact where they are
/// neither.
class ConfiguredTokens {
 public:
  /// `source` is the vocabulary's file. Begins with the tokens of added_tokens_decoder.
  ConfiguredTokens(const std::vector<Vocabulary::Token>& vocabulary, const Json& config, std::string_view source);

  AddedToken named(std::string_view key, std::string_view usual) const;
  int32_t required(const AddedToken& token) const;  // its id; throws kArtefact when the vocabulary has none
  /// A token that is looked for in texts, once; nothing where the vocabulary does not have it.
  void add(AddedToken token);
  std::vector<AddedToken> take() { return std::move(tokens_); }

 private:
  void read_decoder();

  const Json& config_;
  std::string source_;
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<AddedToken> tokens_;
};

}  // namespace rift::encode::text
