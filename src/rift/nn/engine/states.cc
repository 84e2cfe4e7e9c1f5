#include "rift/nn/engine/states.h"

namespace rift::nn::engine {

template <class E>
kernels::Dropped PanelPass<E>::dropped(double probability, int64_t layer, uint32_t site) const {
  if (!dropout.on || probability == 0) return {};
  kernels::DropoutToken token{.seed = dropout.seed, .epoch = dropout.epoch, .layer = layer, .site = site};
  uint64_t* state = scratch.states;
  for (int64_t row = tokens.first_row; row < tokens.first_row + tokens.rows; ++row) {
    token.row_key = batch.row_keys[static_cast<size_t>(row)];
    const int64_t count = tokens.first_only ? 1 : batch.tokens(row);
    for (token.token = 0; token.token < count; ++token.token) *state++ = kernels::dropout_state(token);
  }
  return {scratch.states, kernels::dropout_rate(probability), 0};
}

template struct PanelPass<float>;
template struct PanelPass<kernels::Bf16>;

}  // namespace rift::nn::engine
