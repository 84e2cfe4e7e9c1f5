#pragma once

#include <cstdint>

#include "rift/nn/kernels/kernels.h"

/// Products of bytes: weights in signed bytes with a scale for each column, states in unsigned bytes with a scale and a
/// zero for each row, made anew for every row that is multiplied. What is summed are whole numbers, so that every
/// instruction set gives the same sums to the bit; they become f32 before bias, GELU and the rest.
namespace rift::nn::kernels {

/// Rows of bytes: x[m, k] is about scale[m] * (data[m * row + k] - zero[m]). A row with a number that is not finite has
/// a scale that is not.
struct ByteRows {
  uint8_t* data = nullptr;
  int64_t row = 0;
  float* scale = nullptr;   // [M]
  int32_t* zero = nullptr;  // [M] 0 .. 255
};

/// The right side: w[k, n] is about scale[n] * byte, bytes from -127 to 127.
struct ByteColumns {
  Right<int8_t> bytes;
  const float* scale = nullptr;   // [N]
  const int32_t* sums = nullptr;  // [N] of a column's bytes, over the product's depth
};

/// `result` says sizes and what becomes of the sums; its own sides are not used. The depth is at most 65536.
struct ByteProduct {
  ByteRows a;
  ByteColumns b;
  Product<float> result;
};

struct ByteKernels {
  /// to = x in bytes, row by row: 255 steps between the row's smallest and largest number, 0 among them.
  void (*quantize)(Rows<const float> x, int64_t rows, int64_t columns, const ByteRows& to);
  void (*product)(const ByteProduct&);
};

/// The table of the instruction set in use.
const ByteKernels& byte_kernels();

}  // namespace rift::nn::kernels
