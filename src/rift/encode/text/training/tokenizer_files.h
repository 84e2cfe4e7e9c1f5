#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rift/encode/text/training/merge_learner.h"
#include "rift/encode/text/training/train_tokenizer.h"

namespace rift::encode::text {

/// A special token of a kind and what transformers calls it.
struct SpecialToken {
  std::string_view role;  // "unk_token", ...
  std::string_view text;
};

/// In the order of their ids; one token may have several roles.
std::vector<SpecialToken> special_tokens_of(const TokenizerTrainingOptions& options);

/// The files of a trained tokenizer, name and bytes, as `tokenizers` and transformers write them.
/// `special`: how many tokens, from id 0 on, are special ones.
std::vector<std::pair<std::string, std::string>> tokenizer_files(const TokenizerTrainingOptions& options,
                                                                 const LearnedMerges& learned, size_t special);

}  // namespace rift::encode::text
