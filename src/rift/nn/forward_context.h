#pragma once

#include <cstdint>

namespace rift::nn {

/// How one forward pass runs. Scoring: the default. Training: dropout is on and its masks are a hash of (seed, epoch,
/// row key, layer, site, token, feature), so that they do not depend on packing, batch split or threads.
struct ForwardContext {
  bool training = false;
  uint64_t seed = 0;
  int64_t epoch = 0;
};

/// Where a dropout stands within a layer. Part of the hash: never renumber.
enum class DropoutSite : uint32_t {
  kEmbeddings = 0,
  kAttentionWeights = 1,
  kAttentionOutput = 2,
  kFeedForwardOutput = 3,
  kPooled = 4,
  kAdapter = 16,  // + index of the linear map within its layer
};

}  // namespace rift::nn
