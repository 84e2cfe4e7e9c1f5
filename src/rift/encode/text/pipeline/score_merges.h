#pragma once

#include <string>
#include <vector>

#include "rift/encode/text/pipeline/bpe.h"

namespace rift::encode::text {

struct ScoredToken {
  std::string text;  // its id is its place
  double score = 0;
};

/// The merges behind a SentencePiece BPE vocabulary, which has a score a token and no merges: every pair of tokens that
/// make a token, the highest score first, as transformers derives them (4.57, generate_merges).
/// Throws kArtefact naming `source`: a token of more than kLongestToken bytes, one that is there twice, more bytes than
/// a Vocabulary takes, more than 4 million merges or 64 MiB of them.
std::vector<BpeOptions::Merge> merges_of_scores(const std::vector<ScoredToken>& tokens, std::string_view source);

}  // namespace rift::encode::text
