#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "rift/encode/text/tokenizer.h"

namespace rift::encode::text {

/// The tokens of a tokenizer that stand for no text.
struct SpecialTokens {
  int32_t mask = -1;                   // "[MASK]", -1 where there is none
  int32_t end = -1;                    // eos_token, -1 where there is none
  int32_t padding = -1;                // pad_token, -1 where there is none
  std::vector<int32_t> before, after;  // that the tokenizer puts around every text: [CLS], [SEP]
  std::vector<int32_t> all;            // these, unk_token, pad_token, ...: ascending, each once
};

/// By the names in tokenizer_config.json and special_tokens_map.json of the tokenizer's directory; for a role that
/// neither names, by those of the class that it is of; by the tokens that its tokenizer.json calls special; and, where
/// none of them says so, by the usual names of the mask. Throws kArtefact for a file that is broken.
SpecialTokens find_special_tokens(const Tokenizer& tokenizer, const std::filesystem::path& model_directory);

}  // namespace rift::encode::text
