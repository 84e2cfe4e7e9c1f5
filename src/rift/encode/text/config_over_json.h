#pragma once

#include <string_view>

#include "rift/base/json.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::encode::text {

/// The files beside a tokenizer.json; each an object, empty where there is none.
struct FilesBesideJson {
  const Json& config;              // tokenizer_config.json
  const Json& special_tokens_map;  // special_tokens_map.json; counts where `config` has no added_tokens_decoder
  std::string_view class_name;     // tokenizer_class_of(); empty where no file says it
};

/// Changes what tokenizer.json says into what transformers (4.57, AutoTokenizer with fast tokenizers) makes of it with
/// the files beside it, by its class:
///   - added_tokens_decoder and the named special tokens are added, over the flags of those that are there already; one
///     that no vocabulary has gets the next free id, whatever id the decoder gives it
///   - a ByteLevel pre-tokenizer gets add_prefix_space, false where the config does not say
///   - BertTokenizer, DistilBertTokenizer, ElectraTokenizer: do_lower_case, strip_accents, tokenize_chinese_chars
///   - LlamaTokenizer, GemmaTokenizer: the tokens around a text by add_bos_token and add_eos_token
///   - RobertaTokenizer: trimmed offsets by trim_offsets and add_prefix_space
/// model_max_length and padding are the caller's matter. Throws kArtefact for values of a wrong kind, kUnsupported
/// naming a class or a setting (split_special_tokens, fix_mistral_regex, truncation_side: left) that is not
/// implemented.
void apply_files_beside(const FilesBesideJson& files, TokenizerSpec& spec);

}  // namespace rift::encode::text
