#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "rift/nn/forward_context.h"
#include "rift/nn/tokens_read.h"
#include "rift/tensor/packed_batch.h"

namespace rift::nn {

/// Where a dropout stands and how much it drops; see ForwardContext for what its mask depends on.
///   tokens: those that x holds
struct DropoutPlace {
  double probability = 0.0;  // in [0, 1)
  int64_t layer = 0;
  uint32_t site = 0;  // a DropoutSite, or kAdapter + the linear map's number
  TokensRead tokens = TokensRead::kAll;
};

/// x with elements set to zero with the stated probability, the others times 1 / (1 - probability). x itself when the
/// pass is no training or the probability 0. x is contiguous, f32 or f64.
at::Tensor dropout(const at::Tensor& x, const DropoutPlace& place, const tensor::PackedBatch& batch,
                   const ForwardContext& context);

/// The hash state of every token of x (kernels/dropout.h): int64 [S], or [B] for one token of each row; on the host.
at::Tensor dropout_states(const DropoutPlace& place, const tensor::PackedBatch& batch, const ForwardContext& context);

}  // namespace rift::nn
