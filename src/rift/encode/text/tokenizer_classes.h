#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rift::encode::text {

/// A special token that a class of transformers has where no file names another one.
struct UsualToken {
  std::string_view role;  // "mask_token", ...
  std::string_view text;
  bool takes_space_before = false;  // a name without flags gets lstrip
  bool normalized = false;
  bool with_flags = false;  // counts over the flags that a token of that name has already
};

/// What a class of transformers' fast tokenizers does to the tokenizer.json that it loads, beside what all do.
struct TokenizerClass {
  std::string_view name;           // without "Fast"
  bool sets_normalizer = false;    // BertNormalizer by do_lower_case, strip_accents, tokenize_chinese_chars
  bool sets_bos_and_eos = false;   // tokens around a text by add_bos_token and add_eos_token
  bool sets_trim = false;          // post-processor by add_prefix_space and trim_offsets
  bool rebuilds_of_model = false;  // from tokenizer.model where add_prefix_space is set
  std::span<const UsualToken> tokens;
};

/// The class of that name, nullptr of any other.
const TokenizerClass* tokenizer_class_named(std::string_view name);

std::span<const TokenizerClass> tokenizer_classes();
/// For errors, all of them or those that do one thing: &TokenizerClass::sets_normalizer.
std::string names_of_tokenizer_classes(bool TokenizerClass::*does = nullptr);

}  // namespace rift::encode::text
