#pragma once

#include <cstdint>

#include "rift/nn/engine/states.h"

namespace rift::nn::engine {

/// context = dropout(softmax(q k^T / sqrt K)) v of every row of the panel and head. `panel` counts k and v's tokens;
/// pass.tokens are the queries. Writes states.context and, where it is kept, states.log_sum. Source: arXiv:1706.03762.
template <class E>
void attend(const PanelPass<E>& pass, int64_t layer, const LayerStates<E>& states);

/// Whether attend_from_input() may take the place of keys, values and attend(): the key's and the value's maps are
/// plain matrices, and nothing drops.
template <class E>
bool can_attend_from_input(const PassDropout& dropout, const LayerView<E>& layer);

/// The context of the panel's rows' first tokens out of their q and of every token's x: (q W_k) x^T are the scores and
/// (p x) W_v^T + b_v the context, so that no token's key and value are computed. b_k moves all scores of a query alike,
/// which a softmax does not see.
template <class E>
void attend_from_input(const PanelPass<E>& pass, const LayerView<E>& layer, const LayerStates<E>& states);

template <class E>
struct AttentionGradients {
  kernels::Rows<const E> d_context;
  kernels::Rows<E> d_q, d_k, d_v;
};
/// The way back. The weights are computed again from q, k and log_sum.
template <class E>
void attend_backward(const PanelPass<E>& pass, int64_t layer, const LayerStates<E>& states,
                     const AttentionGradients<E>& gradients);

}  // namespace rift::nn::engine
