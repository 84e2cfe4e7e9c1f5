#include "rift/nn/engine/encoder_run.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/threads.h"
#include "rift/nn/engine/attention.h"
#include "rift/nn/engine/layer_pass.h"

namespace rift::nn::engine {

namespace {

using kernels::Rows;

constexpr int64_t kRowsOfStretch = 16;  // first tokens that one thread takes through the last layer
constexpr int64_t kFewestShared = 8;    // tokens for each thread that make it worth while to share a panel
constexpr int64_t kShareStep = 4;

template <class T>
void each(const std::vector<T>& parts, const std::function<void(size_t)>& body) {
  parallel_each(static_cast<int64_t>(parts.size()), [&](int64_t part) { body(static_cast<size_t>(part)); });
}

}  // namespace

template <class E>
EncoderRun<E>::EncoderRun(Call call, std::shared_ptr<BlockPool> pool)
    : call_(std::move(call)),
      kernels_(kernels::kernels<E>()),
      pool_(std::move(pool)),
      panels_(panels_of(call_.row_begin)),
      row_stretches_(stretches_of(static_cast<int64_t>(call_.row_keys.size()), kRowsOfStretch)),
      tokens_(padded(panels_.back().begin + panels_.back().tokens, kPanelAlignment)),
      rows_(padded(static_cast<int64_t>(call_.row_keys.size()), kPanelAlignment)),
      scratch_size_(scratch_size()) {
  if constexpr (TokenOperand<E>::kDirect) {
    for (const Panel& panel : panels_) summed_tokens_.push_back({panel.begin, panel.tokens});
    summed_rows_ = row_stretches_;
  } else {  // pairs without gaps: the last of a panel is filled up with zeros
    summed_tokens_.push_back({0, tokens_});
    summed_rows_.push_back({0, rows_});
  }
  const int64_t share = panels_.front().tokens / threads();
  // Masks are made for whole rows, not for some of their tokens.
  const bool may_share = !call_.keeps && !call_.dropout.on;
  if (may_share && panels_.size() == 1 && threads() > 1 && share >= kFewestShared) {
    parts_ = stretches_of(panels_.front().tokens, padded(share, kShareStep));
  }
  Layout measuring;
  place(measuring);
  measuring.take<E>(kernels_.tile_rows * call_.encoder.shape.width);  // a last tile may be read beyond its tokens
  if (call_.most_bytes > 0 && measuring.used() > call_.most_bytes) throw OutOfMemory(measuring.used());
  block_ = pool_->take(measuring.used());
  Layout placing(block_.data());
  place(placing);
}

template <class E>
EncoderRun<E>::~EncoderRun() {
  pool_->give_back(std::move(block_));
}

template <class E>
ScratchSize EncoderRun<E>::scratch_size() const {
  const EncoderShape& shape = call_.encoder.shape;
  ScratchSize size{.tokens = kPanelTokens, .longest = 0, .width = shape.width, .slab = 0, .low_columns = 0};
  for (const Panel& panel : panels_) size.tokens = std::max(size.tokens, padded(panel.tokens, kernels::kBlock));
  for (size_t row = 0; row < call_.row_keys.size(); ++row) {
    const int64_t tokens = call_.row_begin[row + 1] - call_.row_begin[row];
    size.longest = std::max(size.longest, padded(tokens, kernels::kBlock));
  }
  size.slab = std::min(kSlabColumns, shape.feed_forward);
  if (attends_from_input(layer_count() - 1)) size.head_columns = shape.heads * shape.width;
  for (const LayerView<E>& layer : call_.encoder.layers) {
    for (const LinearView<E>& linear : layer.linears) {
      if (linear.low_rank) size.low_columns = std::max({size.low_columns, linear.in, linear.out});
    }
    if (layer.linears[kIntermediate].low_rank || layer.linears[kOutput].low_rank) {
      size.slab = shape.feed_forward;
    }
  }
  return size;
}

template <class E>
LayerStates<E> EncoderRun<E>::placed_states(Layout& layout, bool first_only) const {
  const EncoderShape& shape = call_.encoder.shape;
  const int64_t queries = first_only ? rows_ : tokens_;
  LayerStates<E> states;
  states.x = layout.take<E>(tokens_ * shape.width);
  for (E** p : {&states.k, &states.v}) *p = layout.take<E>(tokens_ * shape.width);
  for (E** p : {&states.q, &states.context, &states.x1, &states.out}) *p = layout.take<E>(queries * shape.width);
  states.before = layout.take<E>(queries * shape.feed_forward);
  states.log_sum = layout.take<float>(queries * shape.heads);
  for (E*& p : states.normalized) p = layout.take<E>(queries * shape.width);
  for (float*& p : states.reciprocal) p = layout.take<float>(queries);
  return states;
}

template <class E>
void EncoderRun<E>::place(Layout& layout) {
  const int64_t width = call_.encoder.shape.width;
  states_.clear();
  if (call_.first_only) x_rows_ = layout.take<E>(rows_ * width);
  if (call_.keeps) {
    for (int64_t layer = 0; layer < layer_count(); ++layer) {
      states_.push_back(placed_states(layout, first_only(layer)));
      if (layer > 0) states_[static_cast<size_t>(layer) - 1].out = states_.back().x;
    }
    place_backward(layout);
    return;
  }
  if (call_.first_only) {
    LayerStates<E>& states = states_.emplace_back();
    for (E** p : {&states.q, &states.context, &states.x1, &states.out}) *p = layout.take<E>(rows_ * width);
  }
  if (parts_.empty()) return;
  for (E** p : {&shared_.x, &shared_.q, &shared_.k, &shared_.v}) *p = layout.take<E>(tokens_ * width);
}

template <class E>
void EncoderRun<E>::place_backward(Layout& layout) {
  const EncoderShape& shape = call_.encoder.shape;
  back_ = {};
  back_.d = layout.take<float>(tokens_ * shape.width);
  if (call_.first_only) {
    back_.d_rows = layout.take<float>(rows_ * shape.width);
    back_.d_context_rows = layout.take<E>(rows_ * shape.width);
    back_.d_q_rows = layout.take<E>(rows_ * shape.width);
    back_.x_rows_paired = layout.take<E>(rows_ * shape.width);
  }
  place_operands(layout);
  const int64_t sums = PartialSums::size(shape);
  for (size_t i = 0; i < panels_.size(); ++i) back_.token_sums.push_back(layout.take<float>(sums));
  for (size_t i = 0; i < row_stretches_.size(); ++i) back_.row_sums.push_back(layout.take<float>(sums));
}

template <class E>
void EncoderRun<E>::place_operands(Layout& layout) {
  const LayerView<E>& any = call_.encoder.layers.front();
  for (size_t place = 0; place < kLinearPlaces; ++place) {
    LinearOperands<E>& operands = back_.operands[place];
    const LinearView<E>& linear = any.linears[place];
    const auto operand = [&](int64_t columns) { return TokenOperand<E>::of(columns, tokens_, kernels_.reads_blocks); };
    operands.input = operand(linear.in);
    operands.d_y = operand(linear.out);
    operands.d_y.data = layout.take<E>(tokens_ * linear.out);
    // In f32 the kept states are their own operands; the activated state is not kept.
    const bool shares = place == kQuery || place == kValue;  // the key's input
    if (place == kOutput || (!TokenOperand<E>::kDirect && !shares)) {
      operands.input.data = layout.take<E>(tokens_ * linear.in);
    }
    bool low = false, drops = false;
    for (const LayerView<E>& layer : call_.encoder.layers) {
      const auto& update = layer.linears[place].low_rank;
      low = low || update.has_value();
      drops = drops || (update && update->dropout > 0 && call_.dropout.on);
    }
    operands.low_input = operand(linear.in);
    if (drops) operands.low_input.data = layout.take<E>(tokens_ * linear.in);
    for (TokenOperand<E>* p : {&operands.low, &operands.d_low}) {
      *p = operand(kRankColumns);
      if (low) p->data = layout.take<E>(tokens_ * kRankColumns);
    }
  }
}

template <class E>
PanelPass<E> EncoderRun<E>::pass_of(const TokenSet& tokens, const typename Scratch<E>::Places& scratch) const {
  return {call_.encoder.shape, call_.dropout, {call_.row_begin, call_.row_keys}, kernels_, scratch,
          scratch_size_.slab,  tokens};
}

template <class E>
PanelPass<E> EncoderRun<E>::pass_of(const Panel& panel, const typename Scratch<E>::Places& scratch) const {
  return pass_of(TokenSet{panel.first_row, panel.rows, false, panel.tokens}, scratch);
}

template <class E>
PanelPass<E> EncoderRun<E>::pass_of(const Stretch& rows, const typename Scratch<E>::Places& scratch) const {
  return pass_of(TokenSet{rows.begin, rows.size, true, rows.size}, scratch);
}

/// Of the last layer, keys and values of all tokens are computed only for the way back.
template <class E>
bool EncoderRun<E>::attends_from_input(int64_t layer) const {
  return first_only(layer) && !call_.keeps && can_attend_from_input(call_.dropout, call_.encoder.layers.back());
}

template <class E>
LayerStates<E> EncoderRun<E>::states_of(int64_t layer, const Panel& panel,
                                        const typename Scratch<E>::Places& scratch) const {
  const bool first = first_only(layer);
  if (call_.keeps) {
    return states_[static_cast<size_t>(layer)].from(call_.encoder.shape, panel.begin,
                                                    first ? panel.first_row : panel.begin);
  }
  LayerStates<E> states;
  if (first) states = states_.front().from(call_.encoder.shape, 0, panel.first_row);
  states.x = scratch.x;
  states.k = scratch.k;
  states.v = scratch.v;
  if (first) return states;
  states.q = scratch.q;
  states.context = scratch.context;
  states.x1 = scratch.x1;
  states.out = scratch.x;  // the input is read for the last time before it is written
  return states;
}

template <class E>
void EncoderRun<E>::forward(const float* x, float* y) {
  if (parts_.empty()) {
    each(panels_, [&](size_t i) { forward_panel(panels_[i], x, y); });
  } else {
    forward_shared(x, y);
  }
  if (call_.first_only) each(row_stretches_, [&](size_t i) { forward_rows(row_stretches_[i], y); });
}

template <class E>
void EncoderRun<E>::forward_panel(const Panel& panel, const float* x, float* y) {
  const auto& scratch = Scratch<E>::of_thread(scratch_size_).at;
  const int64_t width = call_.encoder.shape.width;
  LayerStates<E> states = states_of(0, panel, scratch);
  kernels_.narrow({x + panel.source * width, width}, panel.tokens, width, {states.x, width});
  for (int64_t index = 0; index < layer_count(); ++index) {
    const LayerView<E>& layer = call_.encoder.layers[static_cast<size_t>(index)];
    PanelPass<E> pass = pass_of(panel, scratch);
    states = states_of(index, panel, scratch);
    const E* x_read = states.x;
    if (first_only(index)) {
      pass.tokens = {panel.first_row, panel.rows, true, panel.rows};
      gather_first_tokens(panel, states.x);
      x_read = x_rows_ + panel.first_row * width;
    }
    if (attends_from_input(index)) {
      project_query(pass, layer, x_read, states);
      return attend_from_input(pass, layer, states);
    }
    project(pass, layer, panel.tokens, x_read, states);
    attend(pass, layer.index, states);
    if (first_only(index)) return;
    finish_layer(pass, layer, x_read, states);
  }
  kernels_.widen({states.out, width}, panel.tokens, width, {y + panel.source * width, width});
}

/// The panel's rows' first tokens of x into x_rows_.
template <class E>
void EncoderRun<E>::gather_first_tokens(const Panel& panel, const E* x) {
  const int64_t width = call_.encoder.shape.width;
  for (int64_t row = panel.first_row; row < panel.first_row + panel.rows; ++row) {
    const int64_t token = call_.row_begin[static_cast<size_t>(row)] - panel.source;
    kernels_.copy({x + token * width, width}, 1, width, {x_rows_ + row * width, width});
  }
}

/// The only panel, each thread with some of its tokens: all that they need of each other are keys and values.
template <class E>
void EncoderRun<E>::forward_shared(const float* x, float* y) {
  const int64_t width = call_.encoder.shape.width;
  const Panel& panel = panels_.front();
  kernels_.narrow({x, width}, panel.tokens, width, {shared_.x, width});
  const auto part_pass = [&](const Stretch& part, const typename Scratch<E>::Places& scratch) {
    PanelPass<E> pass = pass_of(panel, scratch);
    pass.tokens.from = part.begin;
    pass.tokens.count = part.size;
    return pass;
  };
  for (int64_t index = 0; index < layer_count(); ++index) {
    const LayerView<E>& layer = call_.encoder.layers[static_cast<size_t>(index)];
    const bool first = first_only(index);
    if (first) gather_first_tokens(panel, shared_.x);
    if (attends_from_input(index)) {
      LayerStates<E> states = states_.front();
      states.x = shared_.x;
      PanelPass<E> pass = pass_of(panel, Scratch<E>::of_thread(scratch_size_).at);
      pass.tokens = {panel.first_row, panel.rows, true, panel.rows};
      project_query(pass, layer, x_rows_, states);
      return attend_from_input(pass, layer, states);
    }
    each(parts_, [&](size_t i) {
      const auto& scratch = Scratch<E>::of_thread(scratch_size_).at;
      LayerStates<E> states = shared_.from(call_.encoder.shape, parts_[i].begin, parts_[i].begin);
      PanelPass<E> pass = part_pass(parts_[i], scratch);
      const E* x_read = states.x;
      if (first) {  // whoever has the first part also asks for all first tokens
        states.q = states_.front().q;
        x_read = x_rows_;
        pass.tokens = {panel.first_row, i == 0 ? panel.rows : 0, true, i == 0 ? panel.rows : 0};
      }
      project(pass, layer, parts_[i].size, x_read, states);
    });
    if (first) {
      LayerStates<E> states = states_.front();
      states.k = shared_.k;
      states.v = shared_.v;
      PanelPass<E> pass = pass_of(panel, Scratch<E>::of_thread(scratch_size_).at);
      pass.tokens = {panel.first_row, panel.rows, true, panel.rows};
      attend(pass, layer.index, states);
      return;
    }
    each(parts_, [&](size_t i) {
      const auto& scratch = Scratch<E>::of_thread(scratch_size_).at;
      LayerStates<E> states;
      states.q = shared_.q + parts_[i].begin * width;
      states.k = shared_.k;
      states.v = shared_.v;
      states.context = scratch.context;
      states.x1 = scratch.x1;
      states.out = shared_.x + parts_[i].begin * width;  // read for the last time before it is written
      const PanelPass<E> pass = part_pass(parts_[i], scratch);
      attend(pass, layer.index, states);
      finish_layer(pass, layer, states.out, states);
    });
  }
  kernels_.widen({shared_.x, width}, panel.tokens, width, {y, width});
}

template <class E>
void EncoderRun<E>::forward_rows(const Stretch& rows, float* y) {
  const auto& scratch = Scratch<E>::of_thread(scratch_size_).at;
  const int64_t width = call_.encoder.shape.width;
  const LayerStates<E> states = states_.back().from(call_.encoder.shape, 0, rows.begin);
  finish_layer(pass_of(rows, scratch), call_.encoder.layers.back(), x_rows_ + rows.begin * width, states);
  kernels_.widen({states.out, width}, rows.size, width, {y + rows.begin * width, width});
}

template <class E>
void EncoderRun<E>::backward(const float* d_y, float* d_x, std::span<const LayerGradients> wanted,
                             const WholeRows& whole) {
  RIFT_CHECK(call_.keeps && wanted.size() == states_.size());
  const int64_t width = call_.encoder.shape.width;
  if (call_.first_only) {
    std::fill_n(back_.d, tokens_ * width, 0.0f);
    std::copy_n(d_y, static_cast<int64_t>(call_.row_keys.size()) * width, back_.d_rows);
  } else {
    for (const Panel& panel : panels_) {
      std::copy_n(d_y + panel.source * width, panel.tokens * width, back_.d + panel.begin * width);
    }
  }
  for (int64_t layer = layer_count() - 1; layer >= 0; --layer) {
    backward_layer(layer, wanted[static_cast<size_t>(layer)], whole, layer > 0 || d_x != nullptr);
  }
  if (d_x == nullptr) return;
  for (const Panel& panel : panels_) {
    std::copy_n(back_.d + panel.begin * width, panel.tokens * width, d_x + panel.source * width);
  }
}

/// In f32 the operands that a layer keeps anyway are read where they lie.
template <class E>
void EncoderRun<E>::alias_operands(int64_t layer) {
  const LayerStates<E>& states = states_[static_cast<size_t>(layer)];
  const bool first = first_only(layer);
  if constexpr (TokenOperand<E>::kDirect) {
    back_.operands[kQuery].input.data = first ? x_rows_ : states.x;
    back_.operands[kKey].input.data = states.x;
    back_.operands[kAttentionOutput].input.data = states.context;
    back_.operands[kIntermediate].input.data = states.x1;
  } else {
    TokenOperand<E>& query = back_.operands[kQuery].input;
    query = TokenOperand<E>::of(call_.encoder.shape.width, first ? rows_ : tokens_, kernels_.reads_blocks);
    query.data = first ? back_.x_rows_paired : nullptr;
  }
}

/// Query, key and value read the same states, unless the query reads those of first tokens alone: filled once.
template <class E>
LinearOperands<E> EncoderRun<E>::operands_of(int64_t layer, size_t place) const {
  LinearOperands<E> operands = back_.operands[place];
  if (place == kValue || (place == kQuery && !first_only(layer))) operands.input = back_.operands[kKey].input;
  return operands;
}

template <class E>
void EncoderRun<E>::backward_layer(int64_t layer, const LayerGradients& wanted, const WholeRows& whole,
                                   bool needs_input) {
  alias_operands(layer);
  const int64_t sums = PartialSums::size(call_.encoder.shape);
  const bool first = first_only(layer);
  for (float* partial : back_.token_sums) std::fill_n(partial, sums, 0.0f);
  for (float* partial : back_.row_sums) std::fill_n(partial, sums, 0.0f);
  if (first) finish_rows(layer, wanted);
  each(panels_, [&](size_t i) { backward_panel(layer, panels_[i], wanted, back_.token_sums[i], needs_input); });
  if (first) backward_rows(layer, wanted, needs_input);
  add_gradients(layer, wanted, whole);
}

template <class E>
void EncoderRun<E>::finish_rows(int64_t layer, const LayerGradients& wanted) {
  const int64_t width = call_.encoder.shape.width;
  each(row_stretches_, [&](size_t i) {
    const Stretch& rows = row_stretches_[i];
    const auto& scratch = Scratch<E>::of_thread(scratch_size_).at;
    const LayerStates<E> states = states_[static_cast<size_t>(layer)].from(call_.encoder.shape, 0, rows.begin);
    const LayerBackward<E> back{call_.encoder.layers[static_cast<size_t>(layer)], states,    back_.operands, wanted,
                                {back_.row_sums[i], call_.encoder.shape},         rows.begin};
    finish_layer_backward(pass_of(rows, scratch), back, back_.d_rows + rows.begin * width,
                          {back_.d_context_rows + rows.begin * width, width});
  });
}

template <class E>
void EncoderRun<E>::backward_panel(int64_t layer, const Panel& panel, const LayerGradients& wanted, float* sums,
                                   bool needs_input) {
  const auto& scratch = Scratch<E>::of_thread(scratch_size_).at;
  const EncoderShape& shape = call_.encoder.shape;
  const int64_t width = shape.width;
  const bool first = first_only(layer);
  const LayerView<E>& view = call_.encoder.layers[static_cast<size_t>(layer)];
  const LayerStates<E> states =
      states_[static_cast<size_t>(layer)].from(shape, panel.begin, first ? panel.first_row : panel.begin);
  const LayerBackward<E> back{view, states, back_.operands, wanted, {sums, shape}, panel.begin};
  PanelPass<E> pass = pass_of(panel, scratch);
  float* d = back_.d + panel.begin * width;
  const auto place = [&](LinearPlace which, E* own) {
    return back_.operands[which].d_y.place(panel.begin, 0, {own, width});
  };
  AttentionGradients<E> gradients{.d_context = {scratch.d_context, width},
                                  .d_q = place(kQuery, scratch.d_q),
                                  .d_k = place(kKey, scratch.d_k),
                                  .d_v = place(kValue, scratch.d_v)};
  if (first) {
    pass.tokens = {panel.first_row, panel.rows, true, panel.rows};
    gradients.d_context = {back_.d_context_rows + panel.first_row * width, width};
    gradients.d_q = {back_.d_q_rows + panel.first_row * width, width};
  } else {
    finish_layer_backward(pass, back, d, Rows<E>{scratch.d_context, width});
  }
  attend_backward(pass, view.index, states, gradients);
  float* d_x = needs_input ? d : nullptr;
  const auto project_back = [&](LinearPlace which, const Rows<E>& d_y) {
    project_backward<E>(pass_of(panel, scratch), back, which, states.x, {d_y.data, d_y.row}, d_x);
  };
  if (!first) project_back(kQuery, gradients.d_q);
  project_back(kKey, gradients.d_k);
  project_back(kValue, gradients.d_v);
}

/// The query's way back at the rows' first tokens, whose gradient then joins that of all tokens.
template <class E>
void EncoderRun<E>::backward_rows(int64_t layer, const LayerGradients& wanted, bool needs_input) {
  const int64_t width = call_.encoder.shape.width;
  each(row_stretches_, [&](size_t i) {
    const Stretch& rows = row_stretches_[i];
    const auto& scratch = Scratch<E>::of_thread(scratch_size_).at;
    const LayerStates<E> states = states_[static_cast<size_t>(layer)].from(call_.encoder.shape, 0, rows.begin);
    const LayerBackward<E> back{call_.encoder.layers[static_cast<size_t>(layer)], states,    back_.operands, wanted,
                                {back_.row_sums[i], call_.encoder.shape},         rows.begin};
    const Rows<E> d_q = back_.operands[kQuery].d_y.place(rows.begin, 0, {back_.d_q_rows + rows.begin * width, width});
    if constexpr (TokenOperand<E>::kDirect) {
      kernels_.copy({back_.d_q_rows + rows.begin * width, width}, rows.size, width, d_q);
    }
    project_backward<E>(pass_of(rows, scratch), back, kQuery, x_rows_ + rows.begin * width, {d_q.data, d_q.row},
                        needs_input ? back_.d_rows + rows.begin * width : nullptr);
  });
  if (!needs_input) return;
  for (const Panel& panel : panels_) {
    for (int64_t row = panel.first_row; row < panel.first_row + panel.rows; ++row) {
      const int64_t token = panel.begin + call_.row_begin[static_cast<size_t>(row)] - panel.source;
      kernels_.add_f32({back_.d_rows + row * width, width}, 1, width, {back_.d + token * width, width});
    }
  }
}

template <class E>
void EncoderRun<E>::add_gradients(int64_t layer, const LayerGradients& wanted, const WholeRows& whole) {
  const EncoderShape& shape = call_.encoder.shape;
  const LayerView<E>& view = call_.encoder.layers[static_cast<size_t>(layer)];
  const bool first = first_only(layer);
  std::vector<LinearGradientJob<E>> jobs;
  const auto of_tokens = [&](size_t place) { return !first || place == kKey || place == kValue; };
  const auto add_sums = [&](bool tokens, int64_t offset, int64_t count, float* to) {
    if (to == nullptr) return;
    std::vector<const float*> partial;
    for (const float* sums : tokens ? back_.token_sums : back_.row_sums) partial.push_back(sums + offset);
    add_partial_sums(partial, count, to);
  };
  const PartialSums offsets{back_.token_sums.front(), shape};
  const float* base = offsets.data;
  for (size_t place = 0; place < kLinearPlaces; ++place) {
    const LinearGradients& gradients = wanted.linears[place];
    if (!gradients.any()) continue;
    add_sums(of_tokens(place), offsets.bias(static_cast<int>(place)) - base, view.linears[place].out, gradients.bias);
    jobs.push_back({&view.linears[place], gradients, operands_of(layer, place),
                    of_tokens(place) ? std::span(summed_tokens_) : std::span(summed_rows_)});
  }
  for (int place = 0; place < kNormPlaces; ++place) {
    const NormGradients& gradients = wanted.norms[static_cast<size_t>(place)];
    add_sums(!first, offsets.norm_weight(place) - base, shape.width, gradients.weight);
    add_sums(!first, offsets.norm_shift(place) - base, shape.width, gradients.shift);
  }
  add_weight_gradients<E>(kernels_, jobs, whole);
}

template class EncoderRun<float>;
template class EncoderRun<kernels::Bf16>;

}  // namespace rift::nn::engine
