#pragma once

#include <string_view>

#include "rift/base/json.h"
#include "rift/encode/text/bert_tokenizer.h"

namespace rift::encode::text {

constexpr int64_t kMostTokenizerBytes = int64_t{128} << 20;

/// Reads the text of a tokenizer.json: model WordPiece, normalizer BertNormalizer (or none), pre-tokenizer
/// BertPreTokenizer, post-processor TemplateProcessing or BertProcessing (or none), added tokens. Its truncation,
/// padding and decoder do not matter here and are passed over.
/// Throws kUnsupported naming the part of another type, kArtefact naming line and key of what is broken.
BertTokenizerSpec read_tokenizer_json(std::string_view json, std::string_view source);

/// tokenizer_config.json's do_lower_case, strip_accents and tokenize_chinese_chars, where it has them, over
/// `normalizer`: transformers loads a tokenizer with these whatever tokenizer.json says.
void apply_tokenizer_config(const Json& config, std::string_view source, BertNormalizerOptions& normalizer);

}  // namespace rift::encode::text
