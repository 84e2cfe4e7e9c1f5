#pragma once

#include <cstdint>

#include "rift/data/table.h"

namespace rift::package {

class TextInputs;

/// How a tokenizer copes with the texts of some rows.
struct TokenCounts {
  int64_t rows = 0;
  int64_t tokens = 0;     // special ones not counted, nothing cut
  int64_t unknown = 0;    // of them: [UNK] or <unk>; a tokenizer of bytes has none
  int64_t words = 0;      // encode/text/word_count.h
  int64_t truncated = 0;  // rows longer than max_tokens, special ones counted
};

TokenCounts count_tokens(const TextInputs& inputs, const data::Table& rows, int64_t max_tokens);

}  // namespace rift::package
