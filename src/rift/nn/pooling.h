#pragma once

#include <ATen/core/Tensor.h>

namespace rift::nn {

/// The largest value of every window of 3 x 3, a step of 2 apart; what lies beyond the edge is left out.
/// x [B,C,H,W] -> [B,C,ceil(H/2),ceil(W/2)].
at::Tensor max_pool_3x3(const at::Tensor& x);

/// The mean over all places.  x [B,C,H,W] -> [B,C].
at::Tensor mean_of_places(const at::Tensor& x);

}  // namespace rift::nn
