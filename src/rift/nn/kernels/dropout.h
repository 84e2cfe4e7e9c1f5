#pragma once

#include <cstdint>

/// Dropout without a random stream: whether an element stays is a hash of where it is.
namespace rift::nn::kernels {

/// Where a dropout stands within a layer. Part of the hash: never renumber.
enum class DropoutSite : uint32_t {
  kEmbeddings = 0,
  kAttentionWeights = 1,
  kAttentionOutput = 2,
  kFeedForwardOutput = 3,
  kPooled = 4,
  kPoolerInput = 5,
  kFeedForwardInner = 6,
  kAdapter = 16,  // + index of the linear map within its layer
};

/// Where a token's dropout stands. Every field changes the mask.
struct DropoutToken {
  uint64_t seed = 0;
  int64_t epoch = 0;
  uint64_t row_key = 0;
  int64_t layer = 0;
  uint32_t site = 0;
  int64_t token = 0;  // 0-based within its row
};

/// 64 bits that stand for the token in the two functions below.
uint64_t dropout_state(const DropoutToken& token);

/// An element is dropped when its 32 hashed bits are below `threshold`; one that stays is multiplied by `scale`.
struct DropoutRate {
  uint32_t threshold = 0;
  double scale = 1.0;
};
/// probability in [0, 1).
DropoutRate dropout_rate(double probability);

/// y[i] = x[i] * (feature first + i of the token stays ? scale : 0), i = 0 .. n-1. x == y is allowed. T = float,
/// double.
template <class T>
void apply_dropout(uint64_t state, uint32_t first_feature, int64_t n, const DropoutRate& rate, const T* x, T* y);

}  // namespace rift::nn::kernels
