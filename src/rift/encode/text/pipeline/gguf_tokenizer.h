#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/encode/text/tokenizer_json.h"

namespace rift::encode::text {

/// The values under tokenizer.ggml. of a GGUF file (ggml-org/ggml, docs/gguf.md), as its reader finds them.
struct GgufTokenizer {
  std::string source;                // named in errors
  std::string model;                 // "gpt2": BPE over bytes; "llama": SentencePiece's BPE; "bert": WordPiece
  std::string pre;                   // of gpt2, how words are cut: "gpt-2", "llama-bpe", "qwen2", "smollm"
  std::vector<std::string> tokens;   // by id
  std::vector<float> scores;         // of llama: of each token
  std::vector<int32_t> token_types;  // of each token as in SentencePiece: 3 control, 4 user-defined; empty: all normal
  std::vector<std::string> merges;   // of gpt2: "left right"
  std::optional<int32_t> bos_token_id, eos_token_id, unknown_token_id;
  std::optional<int32_t> sep_token_id;               // of bert, whose [CLS] is the bos_token_id
  std::optional<bool> add_bos_token, add_eos_token;  // unset: as models of this kind have it
  bool add_space_prefix = true;                      // of llama
};

/// The tokenizer that the file was made from. Throws kUnsupported for another model or `pre`, kArtefact for lists that
/// do not fit each other. A file of bert does not say whether letters are lower-cased; they are unless a token has a
/// capital, which no lower-cased text could give.
TokenizerSpec tokenizer_of(const GgufTokenizer& tokenizer);

/// The other way round, for decoders: the lists of which tokenizer_of() makes a tokenizer with equal ids. Ids that no
/// token has are unused tokens "[PAD<id>]", as llama.cpp's conversion fills them. Throws kUnsupported for a tokenizer
/// that no such lists express, saying how else to hand a model on.
GgufTokenizer gguf_lists(const TokenizerSpec& spec);

/// Type of a token as in SentencePiece.
enum class GgufTokenType : int32_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6
};

}  // namespace rift::encode::text
