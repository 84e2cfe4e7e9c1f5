#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rift/encode/text/training/train_tokenizer.h"

namespace rift::encode::text {

using WordCounts = std::vector<std::pair<std::string, int64_t>>;  // in the order of their bytes

/// How often each word is met, cut as the tokenizer to be will cut texts: normalized words of valid UTF-8 for bert,
/// bytes as they are for roberta and gpt2 (ill-formed ones are U+FFFD). Memory: the distinct words.
/// Throws kData: a text of 1 GiB or more, no word in any text.
WordCounts count_words(const TokenizerTrainingOptions& options, const TextStream& texts);

}  // namespace rift::encode::text
