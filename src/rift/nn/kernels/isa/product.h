// Products: tiles of rows x two vectors, kept in registers over the whole depth. Included by table.h and bytes.h only.
#pragma once

#include "rift/nn/kernels/isa/finish.h"

namespace rift::nn::kernels {
namespace {

/// One unit of the left side in every lane, or kLanes units of the right side, and what their products add up to.
template <class E>
struct Operand;
template <class E>
using NumberOf = typename Operand<E>::Number;
template <>
struct Operand<float> {
  using Sum = F;
  using Number = float;
  using Left = F;
  using Right = F;
  [[gnu::always_inline]] static F right(const float* from) { return loaded<F>(from); }
  [[gnu::always_inline]] static F everywhere(const float* from) { return all(*from); }
  [[gnu::always_inline]] static void add_product(F& sum, F a, F b) { sum += a * b; }
};
template <>
struct Operand<Bf16> {
  using Sum = F;
  using Number = float;
  using Left = U;
  using Right = U;
  [[gnu::always_inline]] static U right(const Bf16* from) { return loaded<U>(from); }
  [[gnu::always_inline]] static U everywhere(const Bf16* from) {
    uint32_t unit;
    __builtin_memcpy(&unit, from, sizeof unit);
    return all(unit);
  }
  [[gnu::always_inline]] static void add_product(F& sum, U a, U b) {
#if defined(__AVX512BF16__)
    sum = (F)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
#else
    sum += (F)(a << 16) * (F)(b << 16);
    sum += (F)(a & 0xFFFF0000u) * (F)(b & 0xFFFF0000u);
#endif
  }
};

constexpr int64_t kTileVectors = 2;
constexpr int64_t kTileColumns = kTileVectors * kLanes;
constexpr int64_t kTileRows = RIFT_LANES == 16 ? 12 : 6;  // 24 of 32, or 12 of 16, registers hold sums
constexpr size_t kLineBytes = 64;
constexpr int64_t kTurnedDepth = 256;
constexpr int64_t kChunkRows = 192;  // whose sums wait in L1 for what finishes them

template <class E>
struct TileInput {
  const E* a;  // of the tile's first row
  int64_t a_row;
  int64_t a_step;
  const E* b;  // of its first column
  int64_t b_step;
  int64_t units;
  int64_t to_next;  // from b to the next block's; 0 = there is none
};

/// kFetches: brings the next block of the right side near meanwhile. Of few rows, weights that lie far away are waited
/// for longer than they are multiplied.
template <class E, int kRows, bool kAdds, bool kFetches>
[[gnu::always_inline]] inline void tile(const TileInput<E>& in, NumberOf<E>* sum, int64_t sum_row) {
  using Side = Operand<E>;
  constexpr int kGroup = 3;  // rows that share a pointer: addresses are pointer + {0, 1, 2} strides
  constexpr int kGroups = (kRows + kGroup - 1) / kGroup;
  typename Side::Sum sums[kRows][kTileVectors] = {};
  const E* group[kGroups];
  for (int g = 0; g < kGroups; ++g) group[g] = in.a + g * kGroup * in.a_row;
  const E* b = in.b;
  for (int64_t unit = 0; unit < in.units; ++unit) {
    typename Side::Right right[kTileVectors];
    for (int v = 0; v < kTileVectors; ++v) right[v] = Side::right(b + v * kLanes * kPerUnit<E>);
    if constexpr (kFetches) {
      constexpr size_t kUnitBytes = kTileColumns * kPerUnit<E> * sizeof(E);
      const char* next = reinterpret_cast<const char*>(b + in.to_next);
      for (size_t line = 0; line < kUnitBytes; line += kLineBytes) __builtin_prefetch(next + line, 0, 2);
    }
    for (int r = 0; r < kRows; ++r) {
      const typename Side::Left left = Side::everywhere(group[r / kGroup] + r % kGroup * in.a_row);
      for (int v = 0; v < kTileVectors; ++v) Side::add_product(sums[r][v], left, right[v]);
    }
    for (auto& pointer : group) pointer += in.a_step;
    b += in.b_step;
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kTileVectors; ++v) {
      NumberOf<E>* to = sum + r * sum_row + v * kLanes;
      store(to, kAdds ? load(to) + sums[r][v] : sums[r][v]);
    }
  }
}

template <class E, int kRows, bool kAdds>
[[gnu::noinline]] void tiles(TileInput<E> in, int64_t count, NumberOf<E>* sum, int64_t sum_row) {
  if (count > 0 && in.to_next != 0) {
    tile<E, kRows, kAdds, true>(in, sum, sum_row);
    in.a += kRows * in.a_row;
    sum += kRows * sum_row;
    --count;
  }
  for (; count > 0; --count) {
    tile<E, kRows, kAdds, false>(in, sum, sum_row);
    in.a += kRows * in.a_row;
    sum += kRows * sum_row;
  }
}

/// Fewer rows than a whole tile's, in one tile: several of few rows would each wait for their few sums.
template <class E, bool kAdds, int kRows = kTileRows - 1>
void last_tile(const TileInput<E>& in, int64_t rows, NumberOf<E>* sum, int64_t sum_row) {
  if (rows == kRows) {
    tiles<E, kRows, kAdds>(in, 1, sum, sum_row);
  } else if constexpr (kRows > 1) {
    last_tile<E, kAdds, kRows - 1>(in, rows, sum, sum_row);
  }
}

/// One block of 32 columns over `rows` rows.
template <class E, bool kAdds>
void block(TileInput<E> in, int64_t rows, NumberOf<E>* sum, int64_t sum_row) {
  const int64_t whole = rows / kTileRows * kTileRows;
  for (int64_t column = 0; column < kBlock; column += kTileColumns) {
    tiles<E, kTileRows, kAdds>(in, rows / kTileRows, sum, sum_row);
    TileInput<E> rest = in;
    rest.a += whole * in.a_row;
    if (whole > 0) rest.to_next = 0;  // fetched already
    last_tile<E, kAdds>(rest, rows - whole, sum + whole * sum_row, sum_row);
    in.b += kTileColumns * kPerUnit<E>;
    sum += kTileColumns;
  }
}

/// A product whose sums stay f32, by slices of the depth: run(p) for each, from the second on adding.
template <class E, class Run>
void run_slices(const Product<E>& p, int64_t most, Run run) {
  for (int64_t k = 0; k < p.depth; k += most) {
    Product<E> slice = p;
    slice.a.data += k / kPerUnit<E> * p.a.step;
    slice.b.data += k / kPerUnit<E> * p.b.step;
    slice.depth = p.depth - k < most ? p.depth - k : most;
    if (k > 0) slice.finish = Finish::kAdd;
    run(slice);
  }
}

template <class E>
constexpr bool keeps_sums(const Product<E>& p) {
  return p.finish == Finish::kStore || p.finish == Finish::kAdd;
}

template <class E>
void product(const Product<E>& p) {
  // A transpose in pairs is as deep as a batch has tokens, and a block of columns has to stay in L1.
  if (kPerUnit < E >> 1 && p.a.row == kPerUnit<E> && p.depth > kTurnedDepth && keeps_sums(p)) {
    return run_slices(p, kTurnedDepth, product<E>);
  }
  const int64_t units = p.depth / kPerUnit<E>;
  for (int64_t m = 0; m < p.rows; m += kChunkRows) {
    const int64_t rows = p.rows - m < kChunkRows ? p.rows - m : kChunkRows;
    for (int64_t n = 0; n < p.columns; n += kBlock) {
      const bool is_last = n + kBlock >= p.columns;
      const TileInput<E> in{
          p.a.data + m * p.a.row, p.a.row, p.a.step, p.b.data + n / kBlock * p.b.block, p.b.step, units,
          is_last ? 0 : p.b.block};
      if (p.finish == Finish::kStore) {
        block<E, false>(in, rows, p.sum + m * p.sum_row + n, p.sum_row);
      } else if (p.finish == Finish::kAdd) {
        block<E, true>(in, rows, p.sum + m * p.sum_row + n, p.sum_row);
      } else {
        alignas(64) float sums[kChunkRows * kBlock];
        block<E, false>(in, rows, sums, kBlock);
        finish(p, sums, m, rows, n);
      }
    }
  }
}

}  // namespace
}  // namespace rift::nn::kernels
