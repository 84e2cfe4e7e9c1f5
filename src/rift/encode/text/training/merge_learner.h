#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rift::encode::text {

/// A word as a sequence of tokens and how often it was met.
struct CountedWord {
  std::vector<int32_t> symbols;
  int64_t count = 0;
};

struct MergeLearning {
  std::vector<std::string> tokens;  // by id, no two alike; learned ones are appended
  std::vector<CountedWord> words;
  int64_t vocab_size = 0;     // stops at this many tokens,
  int64_t min_frequency = 0;  // or when the most frequent pair is rarer
  std::string prefix;         // of tokens inside a word; the right part of a pair loses it
};

struct LearnedMerges {
  std::vector<std::string> tokens;                  // by id
  std::vector<std::pair<int32_t, int32_t>> merges;  // ids of left and right, the first one before all others
};

/// Byte-pair encoding's training (Sennrich et al. 2016, arXiv:1508.07909): the most frequent pair of neighbours becomes
/// a token, again and again; of equally frequent ones that of the lower left id, then of the lower right one.
/// As BpeTrainer of `tokenizers` 0.22.2 computes it, but that no token is longer than tokenizers are read with
/// (kLongestToken). Each merge looks at the words that hold the pair; a heap with
/// counts kept up to date finds the pair.
LearnedMerges learn_merges(MergeLearning learning);

}  // namespace rift::encode::text
