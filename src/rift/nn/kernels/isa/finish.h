// What becomes of a product's sums while they are in L1. Included by product.h and tile_product.h only.
#pragma once

#include "rift/nn/kernels/isa/gelu.h"

namespace rift::nn::kernels {
namespace {

/// Where row m and column n of a matrix lie; one that is not there stays null.
template <class T>
[[gnu::always_inline]] inline T* at(T* matrix, int64_t row, int64_t m, int64_t n) {
  return matrix == nullptr ? nullptr : matrix + m * row + n;
}

/// Columns column .. column + 31 of rows first_row, ... Addresses are computed once for all rows: of so few columns
/// that would else cost more than what is done with them.
template <Finish kFinish, class E>
void finish_rows(const Product<E>& p, const float* sums, int64_t first_row, int64_t rows, int64_t column) {
  if constexpr (kFinish == Finish::kStore || kFinish == Finish::kAdd) {
    const int64_t row = p.sum_row;
    float* sum = p.sum + first_row * row + column;
    for (int64_t r = 0; r < rows; ++r, sum += row, sums += kBlock) {
      for (int64_t c = 0; c < kBlock; c += kLanes) {
        const F v = load(sums + c);
        store(sum + c, kFinish == Finish::kAdd ? load(sum + c) + v : v);
      }
    }
    return;
  }
  const int64_t addend_row = p.addend_row, out_row = p.out_row, before_row = p.before_row;
  const float* addend = at(p.addend, addend_row, first_row, column);
  E* out = p.out + first_row * out_row + column;
  E* before = p.before == nullptr ? nullptr : p.before + column / kBlock * p.before_block + first_row * before_row;
  if constexpr (kFinish == Finish::kGeluBackward) {
    const int64_t activated_row = p.activated_row;
    E* activated = p.activated + first_row * activated_row + column;
    for (int64_t r = 0; r < rows;
         ++r, out += out_row, before += before_row, activated += activated_row, sums += kBlock) {
      for (int64_t c = 0; c < kBlock; c += kLanes) {
        F v = load(sums + c);
        if (addend != nullptr) v += load(addend + r * addend_row + c);
        const GeluPair gelu = Gelu<E>::both(load(before + c));
        store(activated + c, gelu.value);
        store(out + c, v * gelu.slope);
      }
    }
    return;
  }
  F bias[kBlock / kLanes];
  for (int64_t c = 0; c < kBlock; c += kLanes) bias[c / kLanes] = p.bias == nullptr ? F{} : load(p.bias + column + c);
  for (int64_t r = 0; r < rows; ++r, out += out_row, sums += kBlock) {
    for (int64_t c = 0; c < kBlock; c += kLanes) {
      F v = load(sums + c);
      if (addend != nullptr) v += load(addend + r * addend_row + c);
      v += bias[c / kLanes];
      if (kFinish == Finish::kGelu && before != nullptr) store(before + r * before_row + c, v);
      store(out + c, kFinish == Finish::kGelu ? Gelu<E>::value(v) : v);
    }
  }
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
