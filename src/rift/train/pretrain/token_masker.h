#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/encode/text/special_tokens.h"
#include "rift/encode/text/tokenizer.h"

namespace rift::train {

/// What a masker needs to know of a tokenizer.
struct MaskVocabulary {
  int32_t mask = 0;                  // id of the mask
  std::vector<uint8_t> begins_word;  // [V], encode::text::word_starts(); its size is the vocabulary's
  std::vector<uint8_t> special;      // [V], 1 = stands for no text and is never masked
};

struct MaskRule {
  double share = 0.15;     // of the words that are hidden
  bool whole_word = true;  // all tokens of a word together; else each token is a word
};

/// A row as the model reads it, and what it is to say.
struct MaskedRow {
  std::vector<int32_t> ids;     // [T], hidden tokens replaced
  std::vector<int64_t> places;  // [M] of the hidden tokens, ascending
  std::vector<int32_t> hidden;  // [M] what stood there
};

/// Hides words for masked-token modelling (arXiv:1810.04805, 3.1): each word with probability `share`, in a row where
/// the draw hides none the one nearest to it; of the hidden tokens 80 % become the mask, 10 % any token of the
/// vocabulary, itself and special ones among them, 10 % stay. What is hidden is a hash of (seed, epoch, row key,
/// position), so that it does not depend on packing, on batches or on threads.
class TokenMasker {
 public:
  TokenMasker(MaskRule rule, MaskVocabulary vocabulary) : rule_(rule), vocabulary_(std::move(vocabulary)) {}

  struct Draw {
    uint64_t seed = 0;
    int64_t epoch = 0;
    uint64_t row_key = 0;
  };
  MaskedRow masked(std::span<const int32_t> ids, const Draw& draw) const;
  /// M of masked(): 0 only for a row without any token that may be hidden.
  int64_t count(std::span<const int32_t> ids, const Draw& draw) const;

 private:
  std::vector<int64_t> places(std::span<const int32_t> ids, const Draw& draw) const;
  MaskRule rule_;
  MaskVocabulary vocabulary_;
};

/// Of a tokenizer with a mask.
TokenMasker make_masker(const MaskRule& rule, const encode::text::Tokenizer& tokenizer,
                        const encode::text::SpecialTokens& special);

}  // namespace rift::train
