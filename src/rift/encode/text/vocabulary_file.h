#pragma once

#include <string_view>

#include "rift/base/json.h"
#include "rift/encode/text/bert_tokenizer.h"

namespace rift::encode::text {

/// A BERT tokenizer of vocab.txt (a token a line, its id the line's number from 0) and tokenizer_config.json, as
/// transformers builds one: do_lower_case, strip_accents, tokenize_chinese_chars, unk_token, cls_token, sep_token,
/// pad_token, mask_token, added_tokens_decoder. White space at the end of a line is not part of the token; of equal
/// lines the last one counts.
/// Throws kArtefact: empty, not UTF-8, without the unknown, [CLS] or [SEP] token, wrong kinds in `config`.
BertTokenizerSpec read_vocabulary(std::string_view vocabulary, std::string_view source, const Json& config);

/// Throws kUnsupported where the files name a class of transformers that makes another tokenizer of a vocab.txt than
/// BERT's. `class_name`: tokenizer_class_of(); empty where no file says it.
void require_class_of_vocabulary(std::string_view class_name, std::string_view source);

}  // namespace rift::encode::text
