#include "rift/nn/engine/layer_pass.h"

#include <algorithm>

#include "rift/nn/engine/linear.h"

namespace rift::nn::engine {

namespace {

using kernels::Finish;
using kernels::kBlock;
using kernels::Product;
using kernels::Rows;

template <class E>
Rows<const E> rows_of(const E* data, int64_t row) {
  return {data, row};
}

template <class E>
void project_one(PanelPass<E> pass, const LayerView<E>& layer, LinearPlace place, int64_t tokens,
                 const LinearInput<E>& x, E* to) {
  pass.tokens.count = tokens;
  const LinearView<E>& linear = layer.linears[place];
  run_linear(pass, linear, layer.index, x,
             {.finish = Finish::kElements, .bias = linear.bias, .out = to, .out_row = linear.out});
}

template <class E>
void add_norm(const PanelPass<E>& pass, const LayerView<E>& layer, NormPlace place, const float* bias,
              kernels::DropoutSite site, const E* residual, const LayerStates<E>& states, E* out) {
  const NormView& norm = layer.norms[place];
  pass.kernels.add_norm(
      {.rows = pass.tokens.count,
       .width = pass.shape.width,
       .y = pass.scratch.sum,
       .bias = bias,
       .residual = residual,
       .dropped = pass.dropped(pass.dropout.before_norm[place], layer.index, static_cast<uint32_t>(site)),
       .weight = norm.weight,
       .shift = norm.shift,
       .epsilon = norm.epsilon,
       .normalized = states.normalized[place],
       .reciprocal = states.reciprocal[place],
       .out = out});
}

template <class E>
Rows<E> add_norm_backward(const PanelPass<E>& pass, const LayerBackward<E>& back, NormPlace place, LinearPlace linear,
                          kernels::DropoutSite site, float* d) {
  const int64_t width = pass.shape.width;
  const TokenOperand<E>& operand = back.operands[linear].d_y;
  const Rows<E> d_y = operand.place(back.begin, 0, {pass.scratch.d_y, width});
  pass.kernels.add_norm_backward(
      {.rows = pass.tokens.count,
       .width = width,
       .d_out = d,
       .normalized = back.states.normalized[place],
       .reciprocal = back.states.reciprocal[place],
       .weight = back.layer.norms[place].weight,
       .dropped = pass.dropped(pass.dropout.before_norm[place], back.layer.index, static_cast<uint32_t>(site)),
       .d_residual = d,
       .d_y = d_y.data,
       .d_weight = back.sums.norm_weight(place),
       .d_shift = back.sums.norm_shift(place)});
  if (back.wanted.linears[linear].any())
    operand.publish(pass.kernels, back.begin, 0, {d_y.data, d_y.row}, pass.tokens.count, width);
  if (back.wanted.linears[linear].bias != nullptr) {
    pass.kernels.column_sums({d_y.data, d_y.row}, pass.tokens.count, width, back.sums.bias(linear));
  }
  return d_y;
}

/// Query, key and value read the same states: the key's operand serves all three (EncoderRun::operands_of).
bool input_is_wanted(const LayerGradients& wanted, LinearPlace linear) {
  const auto any = [&](LinearPlace place) { return wanted.linears[place].any(); };
  return linear == kKey ? any(kQuery) || any(kKey) || any(kValue) : any(linear);
}

template <class E>
void publish_input(const PanelPass<E>& pass, const LayerBackward<E>& back, LinearPlace linear, Rows<const E> x,
                   int64_t width) {
  if (!input_is_wanted(back.wanted, linear)) return;
  back.operands[linear].input.publish(pass.kernels, back.begin, 0, x, pass.tokens.count, width);
}

}  // namespace

template <class E>
void project_query(const PanelPass<E>& pass, const LayerView<E>& layer, const E* x_read, const LayerStates<E>& states) {
  const LinearView<E>& query = layer.linears[kQuery];
  project_one(pass, layer, kQuery, pass.tokens.count,
              input_of<E>({&query}, pass.tokens.count, rows_of(x_read, query.in), query.in, pass.scratch.bytes),
              states.q);
}

template <class E>
void project(const PanelPass<E>& pass, const LayerView<E>& layer, int64_t panel_tokens, const E* x_read,
             const LayerStates<E>& states) {
  PanelPass<E> keys = pass;
  keys.tokens.first_only = false;
  const LinearView<E>*query = &layer.linears[kQuery], *key = &layer.linears[kKey], *value = &layer.linears[kValue];
  if (x_read != states.x) project_query(pass, layer, x_read, states);
  const LinearInput<E> x =
      input_of<E>({query, key, value}, panel_tokens, rows_of<E>(states.x, query->in), query->in, pass.scratch.bytes);
  if (x_read == states.x) project_one(pass, layer, kQuery, pass.tokens.count, x, states.q);
  project_one(keys, layer, kKey, panel_tokens, x, states.k);
  project_one(keys, layer, kValue, panel_tokens, x, states.v);
}

template <class E>
void finish_layer(const PanelPass<E>& pass, const LayerView<E>& layer, const E* x_read, const LayerStates<E>& states) {
  const int64_t width = pass.shape.width, feed_forward = pass.shape.feed_forward;
  float* sum = pass.scratch.sum;
  const LinearView<E>& first = layer.linears[kAttentionOutput];
  const int64_t tokens = pass.tokens.count;
  run_linear(pass, first, layer.index,
             input_of<E>({&first}, tokens, rows_of<E>(states.context, width), width, pass.scratch.bytes),
             {.finish = Finish::kStore, .sum = sum, .sum_row = width});
  add_norm(pass, layer, kAttentionNorm, first.bias, kernels::DropoutSite::kAttentionOutput, x_read, states, states.x1);
  const LinearView<E>&wide = layer.linears[kIntermediate], &narrow = layer.linears[kOutput];
  const LinearInput<E> x1 = input_of<E>({&wide}, tokens, rows_of<E>(states.x1, width), width, pass.scratch.bytes);
  for (int64_t column = 0; column < feed_forward; column += pass.slab) {
    const int64_t columns = std::min(pass.slab, feed_forward - column);
    run_linear<E>(pass, wide, layer.index, x1,
                  {.finish = Finish::kGelu,
                   .bias = wide.bias + column,
                   .out = pass.scratch.activated,
                   .out_row = pass.slab,
                   .before = states.before == nullptr ? nullptr : states.before + column * tokens,
                   .before_row = kBlock,
                   .before_block = kBlock * tokens},
                  {.column = column, .columns = columns});
    run_linear<E>(pass, narrow, layer.index,
                  input_of<E>({&narrow}, tokens, rows_of<E>(pass.scratch.activated, pass.slab), columns,
                              pass.scratch.activated_bytes),
                  {.finish = column == 0 ? Finish::kStore : Finish::kAdd, .sum = sum, .sum_row = width},
                  {.depth_begin = column, .depth = columns});
  }
  add_norm(pass, layer, kOutputNorm, narrow.bias, kernels::DropoutSite::kFeedForwardOutput, states.x1, states,
           states.out);
}

template <class E>
void finish_layer_backward(const PanelPass<E>& pass, const LayerBackward<E>& back, float* d, Rows<E> d_context) {
  const int64_t width = pass.shape.width, feed_forward = pass.shape.feed_forward, tokens = pass.tokens.count;
  const LayerStates<E>& states = back.states;
  const LinearView<E>&wide = back.layer.linears[kIntermediate], &narrow = back.layer.linears[kOutput];
  const TokenOperand<E>&activated_operand = back.operands[kOutput].input, &d_operand = back.operands[kIntermediate].d_y;
  const Rows<E> d_y = add_norm_backward(pass, back, kOutputNorm, kOutput, kernels::DropoutSite::kFeedForwardOutput, d);
  for (int64_t column = 0; column < feed_forward; column += pass.slab) {
    const int64_t columns = std::min(pass.slab, feed_forward - column);
    const Rows<E> activated = activated_operand.place(back.begin, column, {pass.scratch.activated, pass.slab});
    const Rows<E> d_before = d_operand.place(back.begin, column, {pass.scratch.d_before, pass.slab});
    // The low-rank update's input is the whole activated state: then a slab is all of it, filled here beforehand.
    if (narrow.low_rank) {
      for (int64_t c = 0; c < columns; c += kBlock) {
        pass.kernels.gelu({states.before + (column + c) * tokens, kBlock}, tokens, kBlock,
                          {activated.data + c, activated.row});
      }
    }
    run_linear_backward<E>(pass, narrow, back.layer.index, back.begin, {activated.data, activated.row},
                           {d_y.data, d_y.row}, back.operands[kOutput],
                           {.finish = Finish::kGeluBackward,
                            .out = d_before.data,
                            .out_row = d_before.row,
                            .before = states.before + column * tokens,
                            .before_row = kBlock,
                            .before_block = kBlock * tokens,
                            .activated = activated.data,
                            .activated_row = activated.row},
                           {.column = column, .columns = columns});
    if (back.wanted.linears[kOutput].any())
      activated_operand.publish(pass.kernels, back.begin, column, {activated.data, activated.row}, tokens, columns);
    if (back.wanted.linears[kIntermediate].any())
      d_operand.publish(pass.kernels, back.begin, column, {d_before.data, d_before.row}, tokens, columns);
    if (back.wanted.linears[kIntermediate].bias != nullptr) {
      pass.kernels.column_sums({d_before.data, d_before.row}, tokens, columns, back.sums.bias(kIntermediate) + column);
    }
    run_linear_backward<E>(pass, wide, back.layer.index, back.begin, rows_of<E>(states.x1, width),
                           {d_before.data, d_before.row}, back.operands[kIntermediate],
                           {.finish = Finish::kAdd, .sum = d, .sum_row = width},
                           {.depth_begin = column, .depth = columns});
  }
  publish_input(pass, back, kIntermediate, rows_of<E>(states.x1, width), width);
  const Rows<E> d_attended =
      add_norm_backward(pass, back, kAttentionNorm, kAttentionOutput, kernels::DropoutSite::kAttentionOutput, d);
  run_linear_backward<E>(pass, back.layer.linears[kAttentionOutput], back.layer.index, back.begin,
                         rows_of<E>(states.context, width), {d_attended.data, d_attended.row},
                         back.operands[kAttentionOutput],
                         {.finish = Finish::kElements, .out = d_context.data, .out_row = d_context.row});
  publish_input(pass, back, kAttentionOutput, rows_of<E>(states.context, width), width);
}

template <class E>
void project_backward(const PanelPass<E>& pass, const LayerBackward<E>& back, LinearPlace place, const E* x,
                      Rows<const E> d_y, float* d_x) {
  const LinearView<E>& linear = back.layer.linears[place];
  const LinearOperands<E>& operands = back.operands[place];
  if (back.wanted.linears[place].any())
    operands.d_y.publish(pass.kernels, back.begin, 0, d_y, pass.tokens.count, linear.out);
  if (back.wanted.linears[place].bias != nullptr) {
    pass.kernels.column_sums(d_y, pass.tokens.count, linear.out, back.sums.bias(place));
  }
  const Rows<const E> input = rows_of(x, linear.in);
  if (d_x != nullptr) {
    run_linear_backward<E>(pass, linear, back.layer.index, back.begin, input, d_y, operands,
                           {.finish = Finish::kAdd, .sum = d_x, .sum_row = linear.in});
  } else if (linear.low_rank) {
    run_low_rank_backward(pass, linear, back.layer.index, back.begin, input, d_y, operands);
  }
  publish_input(pass, back, place, input, linear.in);
}

#define RIFT_INSTANTIATE(E)                                                                                     \
  template void project_query<E>(const PanelPass<E>&, const LayerView<E>&, const E*, const LayerStates<E>&);    \
  template void project<E>(const PanelPass<E>&, const LayerView<E>&, int64_t, const E*, const LayerStates<E>&); \
  template void finish_layer<E>(const PanelPass<E>&, const LayerView<E>&, const E*, const LayerStates<E>&);     \
  template void finish_layer_backward<E>(const PanelPass<E>&, const LayerBackward<E>&, float*, Rows<E>);        \
  template void project_backward<E>(const PanelPass<E>&, const LayerBackward<E>&, LinearPlace, const E*,        \
                                    Rows<const E>, float*);
RIFT_INSTANTIATE(float)
RIFT_INSTANTIATE(kernels::Bf16)
#undef RIFT_INSTANTIATE

}  // namespace rift::nn::engine
