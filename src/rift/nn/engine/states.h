#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <type_traits>

#include "rift/nn/engine/layer.h"
#include "rift/nn/engine/scratch.h"
#include "rift/nn/kernels/kernels.h"

/// The arrays that a layer's passes hand to each other.
namespace rift::nn::engine {

/// A layer's states, of the whole batch (tokens in the engine's order) or of one panel of it. Of a last layer that only
/// first tokens leave, all but x, k and v hold one token for each row.
template <class E>
struct LayerStates {
  E* x = nullptr;  // [tokens, width] input
  E *q = nullptr, *k = nullptr, *v = nullptr, *context = nullptr, *x1 = nullptr, *out = nullptr;
  // Of the GELU, for each panel [feed_forward / 32, tokens, 32], as a product leaves them; nullptr while scoring, like
  // all that follow.
  E* before = nullptr;
  float* log_sum = nullptr;  // [heads, tokens] within each panel
  std::array<E*, kNormPlaces> normalized = {};
  std::array<float*, kNormPlaces> reciprocal = {};

  /// From token `token` and, for what first tokens alone have, from `query` on.
  LayerStates from(const EncoderShape& shape, int64_t token, int64_t query) const {
    LayerStates part = *this;
    for (E** p : {&part.x, &part.k, &part.v}) advance(*p, token * shape.width);
    for (E** p : {&part.q, &part.context, &part.x1, &part.out}) advance(*p, query * shape.width);
    advance(part.before, query * shape.feed_forward);
    advance(part.log_sum, query * shape.heads);
    for (E*& p : part.normalized) advance(p, query * shape.width);
    for (float*& p : part.reciprocal) advance(p, query);
    return part;
  }

 private:
  template <class T>
  static void advance(T*& pointer, int64_t by) {
    if (pointer != nullptr) pointer += by;
  }
};

/// One side of a weight gradient, a product that sums over tokens: the whole batch's [tokens, width], row-major in f32,
/// in pairs of tokens in bf16, there in blocks of 32 columns where the kernels read them. A panel fills its part.
template <class E>
struct TokenOperand {
  static constexpr bool kDirect = std::is_same_v<E, float>;

  E* data = nullptr;
  int64_t width = 0;
  int64_t step = 0;   // from a unit of tokens to the next
  int64_t block = 0;  // from 32 columns to the next

  static TokenOperand of(int64_t width, int64_t tokens, bool in_blocks) {
    constexpr int64_t n = kernels::kPerUnit<E>, columns = kernels::kBlock;
    if (in_blocks) return {nullptr, width, n * columns, tokens * columns};
    return {nullptr, width, n * width, n * columns};
  }

  /// Where a panel writes columns from `column` on: here, or where rows do not lie as they are needed into `scratch`.
  kernels::Rows<E> place(int64_t begin, int64_t column, kernels::Rows<E> scratch) const {
    if constexpr (kDirect) return {data + begin * width + column, width};
    return scratch;
  }
  /// After place() was written to: `tokens` rows of `columns` columns from `column` on.
  void publish(const kernels::Kernels<E>& kernels, int64_t begin, int64_t column, kernels::Rows<const E> rows,
               int64_t tokens, int64_t columns) const {
    if constexpr (!kDirect) {
      if (data != nullptr) kernels.pair_away(rows, tokens, columns, at(begin, column), step, block);
    }
  }
  kernels::Left<E> transposed(int64_t begin, int64_t column) const {
    return {at(begin, column), kernels::kPerUnit<E>, step, block};
  }
  kernels::Right<E> right(int64_t begin) const { return {at(begin, 0), step, block}; }

 private:
  /// Of a first token of a unit and a first column of 32.
  E* at(int64_t token, int64_t column) const {
    return data + token / kernels::kPerUnit<E> * step + column / kernels::kBlock * block;
  }
};

/// What one linear map's gradients are summed from.
template <class E>
struct LinearOperands {
  TokenOperand<E> input;  // [.., in]
  TokenOperand<E> d_y;    // [.., out]
  // With a low-rank update: its input after dropout (data nullptr without: `input` is it), its state and the gradient.
  TokenOperand<E> low_input, low, d_low;
};
template <class E>
using LayerOperands = std::array<LinearOperands<E>, kLinearPlaces>;

/// Sums over one panel's tokens for the gradients of biases and norms: the maps' outs, then weight and shift of each
/// norm.
struct PartialSums {
  float* data = nullptr;
  EncoderShape shape;

  static int64_t size(const EncoderShape& shape) { return 9 * shape.width + shape.feed_forward; }
  float* bias(int place) const {
    return data + place * shape.width + (place > kIntermediate ? shape.feed_forward - shape.width : 0);
  }
  float* norm_weight(int place) const { return data + 5 * shape.width + shape.feed_forward + 2 * place * shape.width; }
  float* norm_shift(int place) const { return norm_weight(place) + shape.width; }
};

/// The rows of a batch.
struct BatchRows {
  std::span<const int64_t> row_begin;
  std::span<const uint64_t> row_keys;
  int64_t tokens(int64_t row) const {
    const auto at = static_cast<size_t>(row);
    return row_begin[at + 1] - row_begin[at];
  }
};

/// Tokens that one call works on: those of the rows first_row .. first_row + rows - 1, or the first of each. A part of
/// them, from the token `from` of the first row on, where threads share a panel.
struct TokenSet {
  int64_t first_row = 0;
  int64_t rows = 0;
  bool first_only = false;
  int64_t count = 0;  // tokens
  int64_t from = 0;   // not with first_only, nor with dropout or while training
};

/// What every function of a pass over one panel knows.
template <class E>
struct PanelPass {
  const EncoderShape& shape;
  const PassDropout& dropout;
  BatchRows batch;
  const kernels::Kernels<E>& kernels;
  const typename Scratch<E>::Places& scratch;
  int64_t slab = 0;
  TokenSet tokens;

  /// The masks of `site` for the set's tokens; writes scratch.states. Off when the pass drops nothing there.
  kernels::Dropped dropped(double probability, int64_t layer, uint32_t site) const;
};

}  // namespace rift::nn::engine
