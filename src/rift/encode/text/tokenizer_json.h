#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <variant>

#include "rift/base/json.h"
#include "rift/encode/text/bert_tokenizer.h"
#include "rift/encode/text/pipeline/pipeline_tokenizer.h"

namespace rift::encode::text {

constexpr int64_t kMostTokenizerBytes = int64_t{128} << 20;

/// What a tokenizer's files say: BERT's combination of parts, which has a path of its own, or any other.
using TokenizerSpec = std::variant<BertTokenizerSpec, PipelineSpec>;
std::unique_ptr<Tokenizer> make_tokenizer(TokenizerSpec spec);

/// A small file of settings beside a tokenizer (tokenizer_config.json, special_tokens_map.json, config.json); {} where
/// it is not there. Numbers beyond 64 bits are admitted: transformers writes a model_max_length that nobody set as
/// 10^30. Throws kArtefact.
Json read_settings(const std::filesystem::path& file);

/// tokenizer_class_of() with the tokenizer_config.json and the config.json of a directory. Throws kArtefact.
std::string tokenizer_class_in(const std::filesystem::path& directory, const Json& config);

/// What load_tokenizer() makes its tokenizer of.
TokenizerSpec read_tokenizer_files(const std::filesystem::path& model_directory);

/// Reads the text of a tokenizer.json: models WordPiece (with BertNormalizer or none, and BertPreTokenizer), BPE and
/// Unigram (with the parts that pipeline/pipeline_json.h names), added tokens. Its truncation, padding and decoder do
/// not matter here and are passed over.
/// Throws kUnsupported naming the part of another type, kArtefact naming line and key of what is broken.
TokenizerSpec read_tokenizer_json(std::string_view json, std::string_view source);

/// tokenizer_config.json's do_lower_case, strip_accents and tokenize_chinese_chars, where it has them, over
/// `normalizer`.
void apply_tokenizer_config(const Json& config, std::string_view source, BertNormalizerOptions& normalizer);

}  // namespace rift::encode::text
