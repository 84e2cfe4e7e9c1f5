#pragma once

#include "rift/encode/text/training/merge_learner.h"
#include "rift/encode/text/training/word_counter.h"

namespace rift::encode::text {

/// Where learning begins: the special tokens, then the alphabet, and the words written in it.
///   WordPiece: the characters of the words, each also with "##" where it is met behind the first place of a word; of
///   `limit` characters, 0 for all, the most frequent ones stay, and words lose the others.
///   Bytes: all 256, as GPT-2 writes them.
MergeLearning wordpiece_start(std::vector<std::string> special_tokens, const WordCounts& words, int64_t limit);
MergeLearning byte_level_start(std::vector<std::string> special_tokens, const WordCounts& words);

}  // namespace rift::encode::text
