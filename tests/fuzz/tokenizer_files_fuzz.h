#pragma once

#include <string>
#include <string_view>

#include "fuzz/sections.h"
#include "fuzz/tokenizer_fuzz.h"
#include "rift/base/json_numbers.h"
#include "rift/encode/text/config_over_json.h"
#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/pipeline/merges_file.h"
#include "rift/encode/text/vocabulary_file.h"

namespace rift::fuzz {

/// As read_settings() reads such a file; nothing of it is one that is not there.
inline Json settings_of(std::string_view text) {
  return text.empty() ? Json::object() : parse_json_with_large_numbers(text, "settings");
}

/// Sections: vocab.txt, tokenizer_config.json, a text. See read_and_encode().
inline bool read_vocabulary_files(std::string_view bytes) {
  const auto [vocabulary, config, text] = sections<3>(bytes);
  return read_and_encode(
      [&, vocabulary = vocabulary, config = config]() -> encode::text::TokenizerSpec {
        return encode::text::read_vocabulary(vocabulary, "vocab.txt", settings_of(config));
      },
      text);
}

/// Sections: vocab.json, merges.txt, tokenizer_config.json, model_type of config.json, a text.
inline bool read_merges(std::string_view bytes) {
  const auto [vocabulary, merges, config, model_type, text] = sections<5>(bytes);
  return read_and_encode(
      [&, vocabulary = vocabulary, merges = merges, config = config,
       model_type = model_type]() -> encode::text::TokenizerSpec {
        const Json settings = settings_of(config);
        return encode::text::read_merges_files({vocabulary, merges, settings, model_type});
      },
      text);
}

/// Sections: tokenizer_config.json, special_tokens_map.json, model_type, a text. They lie beside each of the three
/// tokenizer.json above in turn.
inline bool read_files_beside(std::string_view bytes) {
  static const std::vector<encode::text::TokenizerSpec> specs = [] {
    std::vector<encode::text::TokenizerSpec> read;
    for (const std::string_view json : {kTokenizerJson, kBpeJson, kUnigramJson})
      read.push_back(encode::text::read_tokenizer_json(json, "tokenizer.json"));
    return read;
  }();
  const auto [config, map, model_type, text] = sections<4>(bytes);
  bool accepted = false;
  for (const auto& spec : specs) {
    accepted |= read_and_encode(
        [&, config = config, map = map, model_type = model_type] {
          const Json settings = settings_of(config);
          const Json special_tokens_map = settings_of(map);
          const std::string name = encode::text::tokenizer_class_of(settings, model_type);
          encode::text::TokenizerSpec changed = spec;
          encode::text::apply_files_beside({settings, special_tokens_map, name}, changed);
          return changed;
        },
        text);
  }
  return accepted;
}

inline constexpr std::string_view kVocabularyFiles =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nloan\n##s\n##an\nlo\n,\n5\n\xE6\x88\x91\n%%\n"
    R"({"do_lower_case": true, "strip_accents": null, "tokenize_chinese_chars": true, "unk_token": "[UNK]",
 "cls_token": {"content": "[CLS]", "lstrip": false, "normalized": false, "rstrip": false, "single_word": false},
 "model_max_length": 1000000000000000019884624838656,
 "added_tokens_decoder": {"4": {"content": "[MASK]", "lstrip": true, "normalized": false, "special": true}}})"
    "\n%%\nThe loans, [MASK] 5 e\xCC\x81\xE6\x88\x91 \xFF";
inline constexpr std::string_view kMergesFiles =
    R"({"t": 0, "h": 1, "e": 2, "th": 3, "the": 4, "\u0120": 5, "\u0120the": 6, "<s>": 7, "</s>": 8, "<mask>": 9})"
    "\n%%\n#version: 0.2\nt h\nth e\n\xC4\xA0 the\n%%\n"
    R"({"tokenizer_class": "RobertaTokenizerFast", "add_prefix_space": true, "mask_token": {"content": "<mask>"},
 "added_tokens_decoder": {"9": {"content": "<mask>", "lstrip": true, "special": true}}})"
    "\n%%\nroberta\n%%\nthe  then<mask> the \xFF";
inline constexpr std::string_view kFilesBeside =
    R"({"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": true, "add_eos_token": true, "bos_token": "<s>",
 "eos_token": {"content": "</s>", "lstrip": false}, "unk_token": "<unk>", "pad_token": null, "mask_token": "<mask>",
 "additional_special_tokens": ["<row>", {"content": "<col>", "rstrip": true}], "add_prefix_space": false,
 "added_tokens_decoder": {"3": {"content": "<mask>", "lstrip": true, "special": true}}})"
    "\n%%\n"
    R"({"cls_token": "[CLS]", "sep_token": {"content": "[SEP]"}, "extra_special_tokens": {"a": "<a>"}})"
    "\n%%\nllama\n%%\nThe <row> loan <col> [MASK] <mask>s \xFF";

}  // namespace rift::fuzz
