#pragma once

#include <cstdint>

#include "rift/nn/engine/layer.h"
#include "rift/nn/engine/states.h"

/// One layer for one panel: its two halves forward and back. What a half leaves behind is in LayerStates.
namespace rift::nn::engine {

/// x_read, the input of the pass's tokens -> q.
template <class E>
void project_query(const PanelPass<E>& pass, const LayerView<E>& layer, const E* x_read, const LayerStates<E>& states);

/// x -> q (of the pass's tokens), k and v (of every token of the panel).  x_read: the input of the pass's tokens.
template <class E>
void project(const PanelPass<E>& pass, const LayerView<E>& layer, int64_t panel_tokens, const E* x_read,
             const LayerStates<E>& states);

/// context, x_read -> x1 -> out.
template <class E>
void finish_layer(const PanelPass<E>& pass, const LayerView<E>& layer, const E* x_read, const LayerStates<E>& states);

/// Gradients of what one panel computes, in the order in which they come about.
///   begin:  the pass's first token among the batch's (or first row, for first tokens): where operands are filled
template <class E>
struct LayerBackward {
  const LayerView<E>& layer;
  const LayerStates<E>& states;
  const LayerOperands<E>& operands;
  const LayerGradients& wanted;
  PartialSums sums;
  int64_t begin = 0;
};

/// d [tokens,width] of out becomes that of the residual before the attention; d_context is written.
template <class E>
void finish_layer_backward(const PanelPass<E>& pass, const LayerBackward<E>& back, float* d,
                           kernels::Rows<E> d_context);

/// From d_q, d_k and d_v to the input: d_x += ..., not where d_x is nullptr. Each map has its own tokens: call it with
/// the pass of the queries for kQuery, of the panel's tokens for kKey and kValue.
template <class E>
void project_backward(const PanelPass<E>& pass, const LayerBackward<E>& back, LinearPlace place, const E* x,
                      kernels::Rows<const E> d_y, float* d_x);

}  // namespace rift::nn::engine
