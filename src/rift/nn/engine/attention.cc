#include "rift/nn/engine/attention.h"

#include <algorithm>
#include <cmath>

#include "rift/nn/engine/panels.h"

namespace rift::nn::engine {

namespace {

using kernels::Finish;
using kernels::kPerUnit;
using kernels::Left;
using kernels::Right;
using kernels::Rows;

/// One head of one row.
struct Head {
  int64_t index = 0;
  int64_t column = 0;  // of q, k, v and context
  int64_t width = 0;   // K
  int64_t tokens = 0;  // keys
  int64_t key = 0;     // first of them, within the panel
  int64_t query = 0;   // first query, within the pass's tokens
  int64_t queries = 0;
  int64_t log_sum = 0;  // of the first query, within the panel's
  int64_t columns() const { return padded(tokens, kernels::kBlock); }
};

template <class E, class Body>
void for_each_head(const PanelPass<E>& pass, Body body) {
  int64_t key = 0, query = 0;
  const TokenSet& set = pass.tokens;
  for (int64_t row = set.first_row; row < set.first_row + set.rows; ++row) {
    const int64_t tokens = pass.batch.tokens(row);
    const int64_t part = std::min(key + tokens, set.from + set.count) - std::max(key, set.from);
    const int64_t queries = set.first_only ? 1 : std::max<int64_t>(part, 0);
    if (queries == 0) {
      key += tokens;
      continue;
    }
    for (int64_t h = 0; h < pass.shape.heads; ++h) {
      body(Head{h, h * pass.shape.head_width(), pass.shape.head_width(), tokens, key, query, queries,
                h * set.count + query});
    }
    key += tokens;
    query += queries;
  }
}

/// x, rows of the model's width, at a token and the head's columns.
template <class E>
Rows<const E> at(const E* x, int64_t width, int64_t token, int64_t column) {
  return {x + token * width + column, width};
}

/// The right side whose columns are `tokens` rows of x: scores are q times it.
template <class E>
Right<E> turned(const PanelPass<E>& pass, const Head& head, Rows<const E> x, E* to) {
  const int64_t step = head.columns() * kPerUnit<E>;
  pass.kernels.turn(x, head.tokens, head.width, to, step);
  return {to, step, kernels::kBlock * kPerUnit<E>};
}

/// The right side whose rows are `rows` rows of x, `depth` of them: a multiple of `step`, with rows of zeros.
template <class E>
struct Summed {
  Right<E> right;
  int64_t depth;
};
template <class E>
Summed<E> summed(const PanelPass<E>& pass, Rows<const E> x, int64_t rows, int64_t columns, E* paired, int64_t step) {
  if constexpr (kPerUnit<E> == 1) {
    return {{x.data, x.row, kernels::kBlock}, rows};
  } else {
    const int64_t filled = padded(rows, 2), depth = padded(rows, step);
    std::fill_n(paired + filled * columns, (depth - filled) * columns, E{});
    pass.kernels.pair(x, rows, columns, paired, 2 * columns, 2 * kernels::kBlock);
    return {{paired, 2 * columns, 2 * kernels::kBlock}, depth};
  }
}

/// The left side whose columns are `rows` rows of x.
template <class E>
Left<E> transposed(const PanelPass<E>& pass, Rows<const E> x, int64_t rows, int64_t columns, E* paired) {
  if constexpr (kPerUnit<E> == 1) {
    return {x.data, 1, x.row};
  } else {
    pass.kernels.pair(x, rows, columns, paired, 2 * columns, 2 * kernels::kBlock);
    return {paired, 2, 2 * columns};
  }
}

template <class E>
kernels::Softmax<E> softmax_of(const PanelPass<E>& pass, const Head& head, int64_t first, int64_t count,
                               kernels::Dropped dropped, float* log_sum) {
  dropped.first_feature = static_cast<uint32_t>(head.index)
                          << 16;  // so that a mask does not depend on the row's length
  if (dropped.states != nullptr) dropped.states += head.query + first;
  return {.queries = count,
          .keys = head.tokens,
          .row = head.columns(),
          .scale = 1.0f / std::sqrt(static_cast<float>(head.width)),
          .scores = pass.scratch.scores,
          .log_sum = log_sum == nullptr ? nullptr : log_sum + head.log_sum + first,
          .dropped = dropped,
          .weights = pass.scratch.weights};
}

/// x times the turned keys or values, for `count` rows of x and what fills their last tile: rows that lie behind them
/// and whose scores nobody reads.
template <class E>
void store_scores(const PanelPass<E>& pass, const Head& head, Rows<const E> x, int64_t count, const Right<E>& right,
                  float* to) {
  pass.kernels.product({.a = {x.data, x.row, kPerUnit<E>},
                        .b = right,
                        .rows = padded(count, pass.kernels.tile_rows),
                        .columns = head.columns(),
                        .depth = head.width,
                        .finish = Finish::kStore,
                        .sum = to,
                        .sum_row = head.columns()});
}

/// weights [count, tokens] times rows of another matrix, `columns` of the head.
template <class E>
void weigh(const PanelPass<E>& pass, const Head& head, const E* weights, int64_t count, const Summed<E>& rows,
           Rows<E> to) {
  pass.kernels.product({.a = {weights, head.columns(), kPerUnit<E>},
                        .b = rows.right,
                        .rows = count,
                        .columns = head.width,
                        .depth = rows.depth,
                        .finish = Finish::kElements,
                        .out = to.data,
                        .out_row = to.row});
}

}  // namespace

template <class E>
void attend(const PanelPass<E>& pass, int64_t layer, const LayerStates<E>& states) {
  const int64_t width = pass.shape.width;
  const auto& scratch = pass.scratch;
  const kernels::Dropped dropped =
      pass.dropped(pass.dropout.attention, layer, static_cast<uint32_t>(kernels::DropoutSite::kAttentionWeights));
  for_each_head(pass, [&](const Head& head) {
    const Right<E> keys = turned(pass, head, at<E>(states.k, width, head.key, head.column), scratch.keys_turned);
    const Summed<E> values = summed(pass, at<E>(states.v, width, head.key, head.column), head.tokens, head.width,
                                    scratch.values_paired, pass.kernels.tile_depth);
    for (int64_t first = 0; first < head.queries; first += kQueriesAtATime) {
      const int64_t count = std::min(kQueriesAtATime, head.queries - first);
      const int64_t query = head.query + first;
      store_scores(pass, head, at<E>(states.q, width, query, head.column), count, keys, scratch.scores);
      pass.kernels.softmax(softmax_of(pass, head, first, count, dropped, states.log_sum));
      weigh(pass, head, scratch.weights, count, values, {states.context + query * width + head.column, width});
    }
  });
}

template <class E>
bool can_attend_from_input(const PassDropout& dropout, const LayerView<E>& layer) {
  const auto plain = [&](LinearPlace place) { return !layer.linears[place].low_rank && !layer.linears[place].bytes; };
  return !dropout.on && plain(kKey) && plain(kValue);
}

template <class E>
void attend_from_input(const PanelPass<E>& pass, const LayerView<E>& layer, const LayerStates<E>& states) {
  const int64_t width = pass.shape.width, head_width = pass.shape.head_width(), heads = pass.shape.heads;
  const auto& scratch = pass.scratch;
  const LinearView<E>&key = layer.linears[kKey], &value = layer.linears[kValue];
  int64_t token = 0;
  for (int64_t first = 0; first < pass.tokens.rows; first += kFirstTokensAtATime) {
    const int64_t count = std::min(kFirstTokensAtATime, pass.tokens.rows - first);
    for (int64_t h = 0; h < heads; ++h) {
      const int64_t column = h * head_width;
      pass.kernels.product({.a = {states.q + first * width + column, width, kPerUnit<E>},
                            .b = key.rows.depth_from(column),
                            .rows = count,
                            .columns = width,
                            .depth = head_width,
                            .finish = Finish::kElements,
                            .out = scratch.of_heads + h * width,
                            .out_row = heads * width});
    }
    for (int64_t row = first; row < first + count; ++row) {
      const int64_t tokens = pass.batch.tokens(pass.tokens.first_row + row);
      const Head all{.width = width, .tokens = tokens};
      const Rows<const E> x = at<E>(states.x, width, token, 0);
      const Right<E> inputs = turned(pass, all, x, scratch.keys_turned);
      const Summed<E> weighed = summed(pass, x, tokens, width, scratch.values_paired, pass.kernels.tile_depth);
      for (int64_t h = 0; h < heads; h += kQueriesAtATime) {
        const int64_t some = std::min(kQueriesAtATime, heads - h);
        const Rows<E> of_heads{scratch.of_heads + ((row - first) * heads + h) * width, width};
        store_scores(pass, all, Rows<const E>{of_heads.data, width}, some, inputs, scratch.scores);
        pass.kernels.softmax({.queries = some,
                              .keys = tokens,
                              .row = all.columns(),
                              .scale = 1.0f / std::sqrt(static_cast<float>(head_width)),
                              .scores = scratch.scores,
                              .weights = scratch.weights});
        weigh(pass, all, scratch.weights, some, weighed, of_heads);
      }
      token += tokens;
    }
    for (int64_t h = 0; h < heads; ++h) {
      const int64_t column = h * head_width;
      pass.kernels.product({.a = {scratch.of_heads + h * width, heads * width, kPerUnit<E>},
                            .b = value.turned.columns_from(column),
                            .rows = count,
                            .columns = head_width,
                            .depth = width,
                            .finish = Finish::kElements,
                            .bias = value.bias + column,
                            .out = states.context + first * width + column,
                            .out_row = width});
    }
  }
}

template <class E>
void attend_backward(const PanelPass<E>& pass, int64_t layer, const LayerStates<E>& states,
                     const AttentionGradients<E>& gradients) {
  const int64_t width = pass.shape.width;
  const auto& scratch = pass.scratch;
  const auto& kernels = pass.kernels;
  const kernels::Dropped dropped =
      pass.dropped(pass.dropout.attention, layer, static_cast<uint32_t>(kernels::DropoutSite::kAttentionWeights));
  for_each_head(pass, [&](const Head& head) {
    const Rows<const E> k = at<E>(states.k, width, head.key, head.column);
    const Right<E> keys = turned(pass, head, k, scratch.keys_turned);
    const Right<E> values = turned(pass, head, at<E>(states.v, width, head.key, head.column), scratch.values_turned);
    const Summed<E> key_rows = summed(pass, k, head.tokens, head.width, scratch.keys_paired, pass.kernels.tile_depth);
    for (int64_t first = 0; first < head.queries; first += kQueriesAtATime) {
      const int64_t count = std::min(kQueriesAtATime, head.queries - first);
      const int64_t query = head.query + first;
      const Rows<const E> q = at<E>(states.q, width, query, head.column);
      const Rows<const E> d_context{gradients.d_context.data + query * gradients.d_context.row + head.column,
                                    gradients.d_context.row};
      kernels.row_inner(d_context, at<E>(states.context, width, query, head.column), count, head.width, scratch.inner);
      store_scores(pass, head, q, count, keys, scratch.scores);
      store_scores(pass, head, d_context, count, values, scratch.d_weights);
      kernels.softmax_backward({.forward = softmax_of(pass, head, first, count, dropped, states.log_sum),
                                .d_weights = scratch.d_weights,
                                .inner = scratch.inner,
                                .d_scores = scratch.d_scores});
      weigh(pass, head, scratch.d_scores, count, key_rows,
            {gradients.d_q.data + query * gradients.d_q.row + head.column, gradients.d_q.row});
      const auto add_transposed = [&](const E* weights, E* paired, Rows<const E> x, E* x_paired, float* to) {
        const Rows<const E> rows{weights, head.columns()};
        const Summed<E> right = summed(pass, x, count, head.width, x_paired, kPerUnit<E>);
        kernels.product({.a = transposed(pass, rows, count, head.columns(), paired),
                         .b = right.right,
                         .rows = head.tokens,
                         .columns = head.width,
                         .depth = right.depth,
                         .finish = first == 0 ? Finish::kStore : Finish::kAdd,
                         .sum = to,
                         .sum_row = head.width});
      };
      add_transposed(scratch.weights, scratch.weights_paired, d_context, scratch.d_context_paired, scratch.d_values);
      add_transposed(scratch.d_scores, scratch.d_scores_paired, q, scratch.queries_paired, scratch.d_keys);
    }
    const auto narrow = [&](const float* from, Rows<E> to) {
      kernels.narrow({from, head.width}, head.tokens, head.width, {to.data + head.key * to.row + head.column, to.row});
    };
    narrow(scratch.d_keys, gradients.d_k);
    narrow(scratch.d_values, gradients.d_v);
  });
}

#define RIFT_INSTANTIATE(E)                                                                            \
  template bool can_attend_from_input<E>(const PassDropout&, const LayerView<E>&);                     \
  template void attend_from_input<E>(const PanelPass<E>&, const LayerView<E>&, const LayerStates<E>&); \
  template void attend<E>(const PanelPass<E>&, int64_t, const LayerStates<E>&);                        \
  template void attend_backward<E>(const PanelPass<E>&, int64_t, const LayerStates<E>&, const AttentionGradients<E>&);
RIFT_INSTANTIATE(float)
RIFT_INSTANTIATE(kernels::Bf16)
#undef RIFT_INSTANTIATE

}  // namespace rift::nn::engine
