#pragma once

#include <cstdint>

namespace rift::models {

/// The sizes of a text encoder, under transformers' names. Torch-free.
struct TextSizes {
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;  // D
  int64_t layers = 0;
  int64_t intermediate_size = 0;  // of the feed-forward part
  int64_t positions = 0;          // tokens of the longest row
  int64_t token_types = 0;        // 0: the model does not tell tokens' types apart
};

}  // namespace rift::models
