#include "rift/nn/engine/scratch.h"

#include <algorithm>
#include <memory>

namespace rift::nn::engine {

namespace {

template <class E>
typename Scratch<E>::Places placed(Layout layout, const ScratchSize& size, size_t* used) {
  typename Scratch<E>::Places at{};
  const int64_t states = size.tokens * size.width;
  for (E** place :
       {&at.x, &at.x1, &at.q, &at.k, &at.v, &at.context, &at.out, &at.d_y, &at.d_context, &at.d_q, &at.d_k, &at.d_v}) {
    *place = layout.take<E>(states);
  }
  at.sum = layout.take<float>(states);
  for (E** place : {&at.activated, &at.d_before}) *place = layout.take<E>(size.tokens * size.slab);
  const auto bytes = [&](int64_t columns) {
    return kernels::ByteRows{layout.take<uint8_t>(size.tokens * columns), columns, layout.take<float>(size.tokens),
                             layout.take<int32_t>(size.tokens)};
  };
  at.bytes = bytes(size.width);
  at.activated_bytes = bytes(size.slab);
  for (E** place : {&at.low, &at.d_low}) *place = layout.take<E>(size.tokens * kRankColumns);
  at.low_input = layout.take<E>(size.tokens * size.low_columns);
  at.addend = layout.take<float>(size.tokens * size.low_columns);
  // A head is no wider than the model; a row's padding is a block, a pair's one token.
  const int64_t keys = (size.longest + kernels::kBlock) * size.width;
  for (E** place : {&at.keys_turned, &at.values_turned, &at.keys_paired, &at.values_paired}) {
    *place = layout.take<E>(keys);
  }
  for (float** place : {&at.d_keys, &at.d_values}) *place = layout.take<float>(keys);
  const int64_t scores = kQueriesAtATime * size.longest;
  for (float** place : {&at.scores, &at.d_weights}) *place = layout.take<float>(scores);
  for (E** place : {&at.weights, &at.d_scores, &at.weights_paired, &at.d_scores_paired})
    *place = layout.take<E>(scores);
  for (E** place : {&at.queries_paired, &at.d_context_paired}) *place = layout.take<E>(kQueriesAtATime * size.width);
  for (float** place : {&at.log_sum, &at.inner}) *place = layout.take<float>(kQueriesAtATime);
  at.of_heads = layout.take<E>(kFirstTokensAtATime * size.head_columns);
  at.states = layout.take<uint64_t>(size.tokens);
  layout.take<E>(kernels::kernels<E>().tile_rows * size.width);  // a last tile may be read beyond its tokens
  *used = layout.used();
  return at;
}

template <class E>
size_t measured(const ScratchSize& size) {
  size_t used = 0;
  placed<E>(Layout(), size, &used);
  return used;
}

}  // namespace

ScratchSize ScratchSize::joined_with(const ScratchSize& other) const {
  return {.tokens = std::max(tokens, other.tokens),
          .longest = std::max(longest, other.longest),
          .width = std::max(width, other.width),
          .slab = std::max(slab, other.slab),
          .low_columns = std::max(low_columns, other.low_columns),
          .head_columns = std::max(head_columns, other.head_columns)};
}

bool ScratchSize::holds(const ScratchSize& other) const {
  return tokens >= other.tokens && longest >= other.longest && width >= other.width && slab >= other.slab &&
         low_columns >= other.low_columns && head_columns >= other.head_columns;
}

template <class E>
Scratch<E>::Scratch(const ScratchSize& size) : block_(measured<E>(size)), size_(size) {
  size_t used = 0;
  at = placed<E>(Layout(block_.data()), size, &used);
}

template <class E>
Scratch<E>& Scratch<E>::of_thread(const ScratchSize& size) {
  thread_local std::unique_ptr<Scratch> own;
  if (own && own->size_.holds(size)) return *own;
  const ScratchSize grown = own ? own->size_.joined_with(size) : size;
  own.reset();
  own = std::make_unique<Scratch>(grown);
  return *own;
}

template class Scratch<float>;
template class Scratch<kernels::Bf16>;

}  // namespace rift::nn::engine
