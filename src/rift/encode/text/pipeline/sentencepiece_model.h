#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/encode/text/pipeline/pipeline_tokenizer.h"
#include "rift/encode/text/pipeline/score_merges.h"

namespace rift::encode::text {

/// What a .model file of SentencePiece holds of a tokenizer (google/sentencepiece, sentencepiece_model.proto).
struct SentencePieceModel {
  enum class Type { kUnigram = 1, kBpe = 2 };
  enum class Kind : uint8_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };
  std::string source;  // named in errors
  Type type = Type::kUnigram;
  std::vector<ScoredToken> pieces;
  std::vector<Kind> kinds;  // of each piece
  std::string unk_piece = "<unk>";
  std::string charsmap;  // see PrecompiledCharsmap; empty: none
};

/// Reads the bytes of a .model file. Throws kArtefact (cut short, a field of the wrong kind, no pieces, a piece that is
/// not UTF-8), kUnsupported for words or characters as pieces and for spaces behind words (treat_whitespace_as_suffix).
/// What else a model says of spaces and bytes (add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces,
/// byte_fallback) is passed over, as transformers does: there the class decides it, see pipeline_of().
SentencePieceModel read_sentencepiece_model(std::string_view bytes, std::string_view source);

/// The tokenizer that transformers (4.57, convert_slow_tokenizer.py) makes of one: LlamaTokenizer (Llama 2, Mistral),
/// GemmaTokenizer, XLMRobertaTokenizer, by the tokenizer_class of tokenizer_config.json or config.json's model_type.
/// Bytes stand in for unknown characters in the first two, and only the third has a character map.
/// Throws kUnsupported for any other class.
PipelineSpec pipeline_of(SentencePieceModel model, const Json& config, std::string_view model_type);

}  // namespace rift::encode::text
