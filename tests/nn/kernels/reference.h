#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "nn/kernels/guarded.h"
#include "rift/base/random.h"
#include "rift/nn/kernels/kernels.h"

namespace rift::test {

using nn::kernels::Bf16;
using nn::kernels::kPerUnit;
using nn::kernels::Rows;

template <class E>
E element(double x);
template <>
inline float element<float>(double x) {
  return static_cast<float>(x);
}
template <>
inline Bf16 element<Bf16>(double x) {
  return nn::kernels::to_bf16(static_cast<float>(x));
}

template <class E>
double number(E x) {
  return static_cast<double>(nn::kernels::widened(x));
}

/// Rounding of one element, relative.
template <class E>
inline constexpr double kRounding = kPerUnit<E> == 1 ? 6e-8 : 4e-3;

/// Of a sum of `depth` products of standard normals in f32.
inline double sum_tolerance(int64_t depth) { return 1e-6 * std::sqrt(static_cast<double>(depth)) * 8; }

inline double gelu_of(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }
inline double gelu_slope(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2) + x * std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
}

/// Of gelu(x) / x and of gelu's slope, as kernels.h states them.
template <class E>
inline constexpr double kGeluError = kPerUnit<E> == 1 ? 1.5e-7 : 2e-5;
template <class E>
inline constexpr double kGeluSlopeError = kPerUnit<E> == 1 ? 5e-7 : 4e-4;

/// A matrix whose rows lie a stride apart, most of them off every alignment. Gaps hold NaN, the last row is guarded.
template <class E>
struct Matrix {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t stride = 0;
  Guarded<E> storage;

  Matrix(int64_t rows, int64_t columns, int64_t gap = 3)
      : rows(rows), columns(columns), stride(columns + gap), storage(static_cast<size_t>(rows * stride - gap)) {
    for (E& value : storage) value = element<E>(std::numeric_limits<double>::quiet_NaN());
  }
  static Matrix random(int64_t rows, int64_t columns, uint64_t stream, int64_t gap = 3) {
    Matrix matrix(rows, columns, gap);
    const CounterRandom random(2, stream);
    for (int64_t i = 0; i < rows * columns; ++i) {
      matrix.at(i / columns, i % columns) = element<E>(random.normal(static_cast<uint64_t>(i)));
    }
    return matrix;
  }

  E* data() { return storage.data(); }
  E& at(int64_t r, int64_t c) { return data()[r * stride + c]; }
  double operator()(int64_t r, int64_t c) const { return number(storage[static_cast<size_t>(r * stride + c)]); }
  Rows<E> view() { return {data(), stride}; }
  Rows<const E> input() { return {data(), stride}; }
};

}  // namespace rift::test
