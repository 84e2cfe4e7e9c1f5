#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "rift/nn/kernels/bytes.h"
#include "rift/nn/kernels/kernels.h"

/// What the engine sees of an encoder: plain pointers, no tensors. E is float or kernels::Bf16.
namespace rift::nn::engine {

inline constexpr int64_t kRankColumns = kernels::kBlock;  // a low rank's states are padded to one block

/// y += scale * dropout(x) A^T B^T, with `scale` folded into what is packed of B. Ranks beyond the true one are zeros.
template <class E>
struct LowRankView {
  int64_t rank = 0;  // at most kRankColumns
  float scale = 1;
  kernels::Right<E> a_turned;  // A^T, in x 32
  kernels::Right<E> a_rows;    // A, 32 x in
  kernels::Right<E> b_turned;  // scale B^T, 32 x out
  kernels::Right<E> b_rows;    // scale B, out x 32
  double dropout = 0;
  uint32_t site = 0;  // of the dropout
};

inline constexpr int64_t kSlabColumns = 384;  // of the feed-forward part that stay in the cache between its two maps

/// W^T in signed bytes, in x out. For scoring.
struct ByteWeights {
  kernels::ByteColumns columns;        // sums: over the whole depth
  const int32_t* slab_sums = nullptr;  // [in / kSlabColumns, rounded up; out] over each kSlabColumns of the depth
};

/// y = x W^T + b, W [out,in]. Where there are bytes (E = float alone), only they are multiplied: `turned` and `rows`
/// may be null then, and there is no low-rank update.
template <class E>
struct LinearView {
  int64_t in = 0;
  int64_t out = 0;
  kernels::Right<E> turned;  // W^T, in x out
  kernels::Right<E> rows;    // W, out x in
  const float* bias = nullptr;
  std::optional<LowRankView<E>> low_rank;
  std::optional<ByteWeights> bytes;
};

struct NormView {
  const float* weight = nullptr;
  const float* shift = nullptr;
  float epsilon = 0;
};

enum LinearPlace { kQuery, kKey, kValue, kAttentionOutput, kIntermediate, kOutput, kLinearPlaces };
enum NormPlace { kAttentionNorm, kOutputNorm, kNormPlaces };

/// A post-norm layer: x1 = norm(x + attention(x)), out = norm(x1 + W2 gelu(W1 x1)).
template <class E>
struct LayerView {
  int64_t index = 0;  // within the model; part of the dropout hash
  std::array<LinearView<E>, kLinearPlaces> linears;
  std::array<NormView, kNormPlaces> norms;
};

struct LinearGradients {
  float* weight = nullptr;  // [out,in], added to
  float* bias = nullptr;    // [out]
  float* low_a = nullptr;   // [rank,in]
  float* low_b = nullptr;   // [out,rank]
  bool any() const { return weight != nullptr || bias != nullptr || low_a != nullptr || low_b != nullptr; }
};
struct NormGradients {
  float* weight = nullptr;
  float* shift = nullptr;
};
/// Where a layer's gradients are added to; nullptr for what is not trained.
struct LayerGradients {
  std::array<LinearGradients, kLinearPlaces> linears;
  std::array<NormGradients, kNormPlaces> norms;
};

struct EncoderShape {
  int64_t width = 0;
  int64_t feed_forward = 0;
  int64_t heads = 0;
  int64_t head_width() const { return width / heads; }
};

/// How one pass drops; nothing where `on` is false.
struct PassDropout {
  bool on = false;
  uint64_t seed = 0;
  int64_t epoch = 0;
  std::array<double, kNormPlaces> before_norm{};  // of what is added to the residual
  double attention = 0;                           // of attention weights
};

template <class E>
struct EncoderView {
  EncoderShape shape;
  std::vector<LayerView<E>> layers;  // those that run, from the bottom up
};

}  // namespace rift::nn::engine
