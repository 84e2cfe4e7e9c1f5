#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace rift::nn {

/// A part of a model: x -> y, with gradients to x and to the parameters inside of it. `again`: whether this is the
/// second time for the same x, in the backward pass.
using RecomputedPart = std::function<at::Tensor(const at::Tensor& x, bool again)>;

/// part(x, false), of which only x and y are kept: the backward pass calls part(x, true) and goes on from there. The
/// gradients are those of part(x, false) to the bit where the part follows from x alone (dropout does, see
/// ForwardContext; running statistics must not be counted twice). As with the engine's node, gradients of parameters
/// inside are added to their windows: torch::autograd::grad() of a parameter through it is not defined.
/// Throws what `part` throws; a want of memory on the way back is an Error that nobody may take in parts any more.
/// Source: arXiv:1604.06174.
at::Tensor recomputed(RecomputedPart part, const at::Tensor& x);

}  // namespace rift::nn
