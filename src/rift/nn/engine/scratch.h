#pragma once

#include <cstdint>

#include "rift/nn/engine/layer.h"
#include "rift/nn/engine/memory.h"

namespace rift::nn::engine {

inline constexpr int64_t kQueriesAtATime = 96;      // whose scores are held
inline constexpr int64_t kFirstTokensAtATime = 16;  // that attend from the layer's input

struct ScratchSize {
  int64_t tokens = 0;   // of a panel
  int64_t longest = 0;  // tokens of a row, padded to a block
  int64_t width = 0;
  int64_t slab = 0;          // columns of the feed-forward part that are held at a time
  int64_t low_columns = 0;   // the widest map with a low-rank update, either side; 0 without any
  int64_t head_columns = 0;  // heads * width where first tokens attend from the layer's input, else 0
  bool holds(const ScratchSize& other) const;
  ScratchSize joined_with(const ScratchSize& other) const;
};

/// What one thread needs for one panel: overwritten by every layer, so that it stays in the thread's cache.
template <class E>
class Scratch {
 public:
  explicit Scratch(const ScratchSize& size);
  /// The calling thread's own, of `size` at least: it grows and never shrinks, for batches differ in length.
  static Scratch& of_thread(const ScratchSize& size);

  struct Places {
    // [tokens, width]
    E *x, *x1, *q, *k, *v, *context, *out, *d_y, *d_context, *d_q, *d_k, *d_v;
    float* sum;
    // [tokens, slab]
    E *activated, *d_before;
    // What maps in bytes read: [tokens, width] and [tokens, slab]
    kernels::ByteRows bytes, activated_bytes;
    // Low-rank updates: [tokens, 32], [tokens, in], [tokens, out]
    E *low, *d_low, *low_input;
    float* addend;
    // Attention of one head of one row: [head width, longest] and [longest, head width] in units
    E *keys_turned, *values_turned, *keys_paired, *values_paired;
    float *d_keys, *d_values;
    // [queries, longest], [queries, head width]
    float *scores, *d_weights;
    E *weights, *d_scores, *weights_paired, *d_scores_paired, *queries_paired, *d_context_paired;
    float *log_sum, *inner;  // [queries]
    E* of_heads;             // [first tokens, head_columns]
    uint64_t* states;        // [tokens]
  };
  Places at;

 private:
  Block block_;
  ScratchSize size_;
};

}  // namespace rift::nn::engine
