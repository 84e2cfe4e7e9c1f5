#pragma once

#include <cstdint>

#include "rift/nn/engine/layer.h"
#include "rift/nn/engine/states.h"

namespace rift::nn::engine {

/// Completes `finish` (whose finish, sum, out, bias ... are set) to the product x W^T of one linear map with its
/// low-rank update and runs it. x [tokens,in]. No low-rank update: `columns` columns from `column` on and `depth` of x
/// and W from `depth_begin` on may be asked for.
struct LinearPart {
  int64_t column = 0;
  int64_t columns = -1;  // all
  int64_t depth_begin = 0;
  int64_t depth = -1;  // all
};
template <class E>
void run_linear(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, kernels::Rows<const E> x,
                kernels::Product<E> finish, const LinearPart& part = {});

/// The same for d_y W: the gradient of the input. With a low-rank update the states that its own gradients need are
/// written to `operands`; x [tokens,in] is the map's input.
template <class E>
void run_linear_backward(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, int64_t begin,
                         kernels::Rows<const E> x, kernels::Rows<const E> d_y, const LinearOperands<E>& operands,
                         kernels::Product<E> finish, const LinearPart& part = {});

/// Only the second half of that: for a map whose input needs no gradient.
template <class E>
void run_low_rank_backward(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, int64_t begin,
                           kernels::Rows<const E> x, kernels::Rows<const E> d_y, const LinearOperands<E>& operands);

}  // namespace rift::nn::engine
