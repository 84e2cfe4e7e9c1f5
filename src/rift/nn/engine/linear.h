#pragma once

#include <cstdint>
#include <initializer_list>

#include "rift/nn/engine/layer.h"
#include "rift/nn/engine/states.h"

namespace rift::nn::engine {

/// What linear maps read: `columns` columns of states and, where one of `readers` has its weights in bytes, the same in
/// bytes, which lie in `place` then.
template <class E>
struct LinearInput {
  kernels::Rows<const E> x;
  kernels::ByteRows bytes;
};
template <class E>
LinearInput<E> input_of(std::initializer_list<const LinearView<E>*> readers, int64_t tokens, kernels::Rows<const E> x,
                        int64_t columns, const kernels::ByteRows& place);

/// Completes `finish` (whose finish, sum, out, bias ... are set) to the product x W^T of one linear map with its
/// low-rank update and runs it. x [tokens,in], or of a part the columns from its depth_begin on. No low-rank update:
/// `columns` columns from `column` on and `depth` of W's depth from `depth_begin` on may be asked for.
struct LinearPart {
  int64_t column = 0;
  int64_t columns = -1;  // all
  int64_t depth_begin = 0;
  int64_t depth = -1;  // all
};
template <class E>
void run_linear(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, const LinearInput<E>& x,
                kernels::Product<E> finish, const LinearPart& part = {});

/// The same for d_y W, of a part d_y's columns from depth_begin on: the gradient of the input. With a low-rank update
/// the states that its own gradients need are written to `operands`; x [tokens,in] is the map's input.
template <class E>
void run_linear_backward(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, int64_t begin,
                         kernels::Rows<const E> x, kernels::Rows<const E> d_y, const LinearOperands<E>& operands,
                         kernels::Product<E> finish, const LinearPart& part = {});

/// Only the second half of that: for a map whose input needs no gradient.
template <class E>
void run_low_rank_backward(const PanelPass<E>& pass, const LinearView<E>& linear, int64_t layer, int64_t begin,
                           kernels::Rows<const E> x, kernels::Rows<const E> d_y, const LinearOperands<E>& operands);

}  // namespace rift::nn::engine
