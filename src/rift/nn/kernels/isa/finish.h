// What becomes of a product's sums while they are in L1. Included by product.h and tile_product.h only.
#pragma once

#include "rift/nn/kernels/isa/gelu.h"

namespace rift::nn::kernels {
namespace {

template <class T>
[[gnu::always_inline]] inline T* at(T* matrix, int64_t row, int64_t m, int64_t n) {
  return matrix == nullptr ? nullptr : matrix + m * row + n;
}

/// Columns n .. n+31 of row m.
template <Finish kFinish, class E>
[[gnu::always_inline]] inline void finish_row(const Product<E>& p, const float* sums, int64_t m, int64_t n) {
  float* sum = at(p.sum, p.sum_row, m, n);
  const float* addend = at(p.addend, p.addend_row, m, n);
  const float* bias = at(p.bias, 0, 0, n);
  E* out = at(p.out, p.out_row, m, n);
  E* before = at(p.before, p.before_row, m, n);
  E* activated = at(p.activated, p.activated_row, m, n);
  for (int64_t c = 0; c < kBlock; c += kLanes) {
    F v = load(sums + c);
    if constexpr (kFinish == Finish::kStore) {
      store(sum + c, v);
    } else if constexpr (kFinish == Finish::kAdd) {
      store(sum + c, load(sum + c) + v);
    } else if constexpr (kFinish == Finish::kGeluBackward) {
      if (addend != nullptr) v += load(addend + c);
      const GeluPair gelu = Gelu<E>::both(load(before + c));
      store(activated + c, gelu.value);
      store(out + c, v * gelu.slope);
    } else {
      if (addend != nullptr) v += load(addend + c);
      if (bias != nullptr) v += load(bias + c);
      if (kFinish == Finish::kGelu && before != nullptr) store(before + c, v);
      store(out + c, kFinish == Finish::kGelu ? Gelu<E>::value(v) : v);
    }
  }
}

template <Finish kFinish, class E>
void finish_rows(const Product<E>& p, const float* sums, int64_t first_row, int64_t rows, int64_t column) {
  for (int64_t r = 0; r < rows; ++r) finish_row<kFinish>(p, sums + r * kBlock, first_row + r, column);
}

/// Rows of one block of columns: sums [rows, 32] are those of the product's rows first_row, ... and columns column, ...
template <class E>
void finish(const Product<E>& p, const float* sums, int64_t first_row, int64_t rows, int64_t column) {
  switch (p.finish) {
    case Finish::kStore:
      return finish_rows<Finish::kStore>(p, sums, first_row, rows, column);
    case Finish::kAdd:
      return finish_rows<Finish::kAdd>(p, sums, first_row, rows, column);
    case Finish::kElements:
      return finish_rows<Finish::kElements>(p, sums, first_row, rows, column);
    case Finish::kGelu:
      return finish_rows<Finish::kGelu>(p, sums, first_row, rows, column);
    case Finish::kGeluBackward:
      return finish_rows<Finish::kGeluBackward>(p, sums, first_row, rows, column);
  }
}

}  // namespace
}  // namespace rift::nn::kernels
