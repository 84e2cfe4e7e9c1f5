#pragma once

#include <cstdint>

#include "rift/nn/kernels/bf16.h"
#include "rift/nn/kernels/dropout.h"
#include "rift/nn/kernels/instruction_set.h"

/// The engine's inner loops over plain pointers: one table of functions for each instruction set and element type.
///
/// E is what activations and packed weights are made of, float or Bf16; sums, norms and exponentials are f32 always.
/// Every element of a result takes the same steps on the same numbers wherever it stands, so that a token's state does
/// not depend on what is computed beside it. Lengths that are called columns or width are multiples of 32. Strides
/// count elements. Nothing needs to be aligned. No function allocates or throws.
namespace rift::nn::kernels {

inline constexpr int64_t kBlock = 32;  // columns that a product computes together

/// The left side of a product, M x K: unit u of row m begins at data[m * row + u * step]; with a block, at
/// data[m / 32 * block + m % 32 * row + u * step].
///   row-major:                    {x, stride, kPerUnit<E>}
///   transpose of what is paired:  {x, kPerUnit<E>, to_step}; {x, kPerUnit<E>, to_step, to_block} where the table
///                                 reads_blocks
template <class E>
struct Left {
  const E* data = nullptr;
  int64_t row = 0;
  int64_t step = 0;
  int64_t block = 0;

  const E* row_at(int64_t m) const { return data + (block == 0 ? m * row : m / kBlock * block + m % kBlock * row); }
};

/// The right side of a product, K x N in blocks of 32 columns: unit u of columns n .. n+31 of block n / 32 begins at
/// data[n / 32 * block + u * step], 32 units in a row.
template <class E>
struct Right {
  const E* data = nullptr;
  int64_t step = 0;
  int64_t block = 0;

  Right columns_from(int64_t n) const { return {data + n / kBlock * block, step, block}; }
  Right depth_from(int64_t k) const { return {data + k / kPerUnit<E> * step, step, block}; }
};

/// What becomes of a product's sums. gelu(x) is within 1.5e-7 |x| in f32; in bf16 within 2e-5 |x|, its slope within
/// 4e-4.
enum class Finish {
  kStore,         // sum = A B
  kAdd,           // sum += A B
  kElements,      // out = A B + addend + bias
  kGelu,          // before = A B + addend + bias, out = gelu(before)
  kGeluBackward,  // out = (A B + addend) gelu'(before), activated = gelu(before)
};

/// C = A B with M x K and K x N. Pointers that a Finish does not name are not used; addend, bias and, in kGelu, before
/// may be null.
template <class E>
struct Product {
  Left<E> a;
  Right<E> b;
  int64_t rows = 0;     // M
  int64_t columns = 0;  // N
  int64_t depth = 0;    // K, a multiple of kPerUnit<E>
  Finish finish = Finish::kStore;
  float* sum = nullptr;  // [M,N]
  int64_t sum_row = 0;
  const float* addend = nullptr;  // [M,N]
  int64_t addend_row = 0;
  const float* bias = nullptr;  // [N]
  E* out = nullptr;             // [M,N]
  int64_t out_row = 0;
  E* before = nullptr;  // [M,N]; read in kGeluBackward
  int64_t before_row = 0;
  int64_t before_block = kBlock;  // from 32 columns to the next
  E* activated = nullptr;         // [M,N]
  int64_t activated_row = 0;
};

/// Which elements of a token stay: states[m] is dropout_state of token m. Off while states is null.
///   first_feature: what column 0 hashes from
struct Dropped {
  const uint64_t* states = nullptr;
  DropoutRate rate;
  uint32_t first_feature = 0;
};

/// A post-norm block's end: out = LayerNorm(z), z = residual + dropout(y + bias). Rows of `width` without gaps.
template <class E>
struct AddNorm {
  int64_t rows = 0;
  int64_t width = 0;
  float* y = nullptr;  // left as z
  const float* bias = nullptr;
  const E* residual = nullptr;
  Dropped dropped;
  const float* weight = nullptr;
  const float* shift = nullptr;  // LayerNorm's bias
  float epsilon = 0;
  E* normalized = nullptr;      // (z - mean) / deviation, for the way back; may be null
  float* reciprocal = nullptr;  // [rows] 1 / deviation; may be null
  E* out = nullptr;
};

template <class E>
struct AddNormBackward {
  int64_t rows = 0;
  int64_t width = 0;
  const float* d_out = nullptr;
  const E* normalized = nullptr;
  const float* reciprocal = nullptr;
  const float* weight = nullptr;
  Dropped dropped;
  float* d_residual = nullptr;  // may be d_out
  E* d_y = nullptr;             // of y, dropout applied
  float* d_weight = nullptr;    // [width] added to
  float* d_shift = nullptr;
};

/// Attention weights of one head of one row: weights[q] = dropout(softmax(scale * scores[q])) over `keys` columns.
/// Columns from keys to the next multiple of 32 become 0.
template <class E>
struct Softmax {
  int64_t queries = 0;
  int64_t keys = 0;
  int64_t row = 0;  // of scores, weights and, on the way back, d_weights and d_scores
  float scale = 1;
  float* scores = nullptr;
  float* log_sum = nullptr;  // [queries], of exp(scale * scores); may be null
  Dropped dropped;
  E* weights = nullptr;
};

/// The way back: weights again from scores and log_sum, and the gradient of the scores
///   d_scores = scale * w * (dropout(d_weights) - inner),  inner[q] = the row's sum of w * dropout(d_weights).
template <class E>
struct SoftmaxBackward {
  Softmax<E> forward;
  const float* d_weights = nullptr;
  const float* inner = nullptr;  // [queries]
  E* d_scores = nullptr;
};

/// `rows` rows of `columns` elements, a stride apart.
template <class T>
struct Rows {
  T* data = nullptr;
  int64_t row = 0;
};

template <class E>
struct Kernels {
  /// Whether a transposed left side may lie in blocks; then both sides of a product over many rows had better: its
  /// operands lie side by side in memory.
  bool reads_blocks = false;
  /// A left side is read where it lies in tiles of so many rows and such a depth; what ends within one is copied first.
  int64_t tile_rows = 1;
  int64_t tile_depth = kPerUnit<E>;
  void (*product)(const Product<E>&);
  /// The right side whose column r is row r of x [rows, depth]: to[u * to_step + r * kPerUnit + j] = x[r, u * kPerUnit
  /// + j]. Columns up to the next multiple of 16 are written; those beyond `rows` become 0.
  void (*turn)(Rows<const E> x, int64_t rows, int64_t depth, E* to, int64_t to_step);
  /// Rows side by side in units: to[c / 32 * to_block + r / 2 * to_step + 2 (c % 32) + r % 2] = x[r, c]; a last row
  /// that stands alone is paired with zeros. Right{to, to_step, to_block} of a product over rows and, transposed, its
  /// Left. For float a copy: to[c / 32 * to_block + r * to_step + c % 32] = x[r, c].
  void (*pair)(Rows<const E> x, int64_t rows, int64_t columns, E* to, int64_t to_step, int64_t to_block);
  /// The same for what is not soon read again. `to` is 64-byte aligned, as its strides are.
  void (*pair_away)(Rows<const E> x, int64_t rows, int64_t columns, E* to, int64_t to_step, int64_t to_block);
  void (*gelu)(Rows<const E> x, int64_t rows, int64_t columns, Rows<E> to);
  void (*narrow)(Rows<const float> x, int64_t rows, int64_t columns, Rows<E> to);
  void (*widen)(Rows<const E> x, int64_t rows, int64_t columns, Rows<float> to);
  void (*add_norm)(const AddNorm<E>&);
  void (*add_norm_backward)(const AddNormBackward<E>&);
  void (*softmax)(const Softmax<E>&);
  void (*softmax_backward)(const SoftmaxBackward<E>&);
  /// sums[r] = x[r] . y[r] over `columns`.
  void (*row_inner)(Rows<const E> x, Rows<const E> y, int64_t rows, int64_t columns, float* sums);
  /// sums[c] += x[0, c] + x[1, c] + ... in this order.
  void (*column_sums)(Rows<const E> x, int64_t rows, int64_t columns, float* sums);
  /// to = x where an element stays, times the rate's scale; 0 elsewhere. x itself may be `to`.
  void (*drop)(Rows<const E> x, int64_t rows, int64_t columns, const Dropped& dropped, Rows<E> to);
  void (*drop_f32)(Rows<const float> x, int64_t rows, int64_t columns, const Dropped& dropped, Rows<float> to);
  void (*copy)(Rows<const E> x, int64_t rows, int64_t columns, Rows<E> to);
  void (*add_f32)(Rows<const float> x, int64_t rows, int64_t columns, Rows<float> to);  // to += x
};

/// The table of the instruction set in use. E = float, Bf16.
template <class E>
const Kernels<E>& kernels();

}  // namespace rift::nn::kernels
