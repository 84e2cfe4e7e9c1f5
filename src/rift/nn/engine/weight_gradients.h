#pragma once

#include <functional>
#include <span>

#include "rift/nn/engine/panels.h"
#include "rift/nn/engine/states.h"

namespace rift::nn::engine {

/// One linear map's gradients from the operands that the panels filled.
///   stretches: which of their tokens count
template <class E>
struct LinearGradientJob {
  const LinearView<E>* linear = nullptr;
  LinearGradients wanted;
  LinearOperands<E> operands;
  std::span<const Stretch> stretches;
};

/// Hears of `size` elements of a gradient that nothing more is added to; on any thread.
using WholeRows = std::function<void(const float* gradient, int64_t size)>;

/// Adds dW = d_y^T x and, of a low-rank update, dA and dB. Each element is summed by one thread over the tokens in
/// their order, whatever the number of threads.
template <class E>
void add_weight_gradients(const kernels::Kernels<E>& kernels, std::span<const LinearGradientJob<E>> jobs,
                          const WholeRows& whole);

/// to += the partial sums of every panel, `count` values each, in their order.
void add_partial_sums(std::span<const float* const> partial, int64_t count, float* to);

}  // namespace rift::nn::engine
