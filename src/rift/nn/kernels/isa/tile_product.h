// Products of bf16 on tiles of 16 rows x 64 bytes: 32 rows x 32 columns at a time, whose sums stay in four tiles over
// the whole depth. Tiles is HardwareTiles, or what stands in for it where tests run on any CPU.
#pragma once

#include "rift/nn/kernels/isa/table.h"

namespace rift::nn::kernels {
namespace {

constexpr int64_t kStripRows = 16;                           // of a tile
constexpr int64_t kStepUnits = 16;                           // in a tile's row: a step along the depth
constexpr int64_t kStepDepth = kStepUnits * kPerUnit<Bf16>;  // 32
constexpr int64_t kRightRow = kBlock * kPerUnit<Bf16>;       // a unit of 32 columns
constexpr int64_t kMostStrips = 24;                          // that pass by while a block of columns stays in cache
constexpr int64_t kMostDepth = 2048;                         // of a TileProduct
constexpr int64_t kCopied = kBlock * kMostDepth;             // elements of the left side that may be copied

constexpr int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t quotient_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// A product of a depth up to kMostDepth.
///
/// The left side is read as strips of 16 rows, row-major and of whole steps. What does not lie so (a transpose, a last
/// strip of fewer rows, a depth that ends within a step) is copied first, zeros around it, once for all columns. A
/// block of 32 columns meets every strip before the next block comes: weights come from farther away than activations.
template <class Tiles>
class TileProduct {
 public:
  explicit TileProduct(const Product<Bf16>& p)
      : p_(p),
        whole_steps_(p.depth / kStepDepth),
        rest_units_(p.depth % kStepDepth / kPerUnit<Bf16>),
        steps_(quotient_up(p.depth, kStepDepth)),
        padded_depth_(steps_ * kStepDepth),
        direct_(p.a.step == kPerUnit<Bf16> && rest_units_ == 0) {
    if (rest_units_ > 0) __builtin_memset(right_rest_, 0, sizeof right_rest_);
  }

  void run() {
    const int64_t copies = kCopied / (kBlock * padded_depth_) * 2;
    const int64_t rows = kStripRows * (direct_ ? kMostStrips : lesser(kMostStrips, copies));
    for (int64_t m = 0; m < p_.rows; m += rows) run_rows(m, lesser(p_.rows - m, rows));
  }

 private:
  /// The block whose sums are in sums_, on their way to where the product wants them.
  struct Pending {
    int64_t row = 0;
    int64_t column = 0;
    int64_t rows = 0;
    int64_t finished = 0;
  };

  void run_rows(int64_t first, int64_t rows) {
    const int64_t strips = quotient_up(rows, kStripRows);
    for (int64_t s = 0; s < strips; ++s) {
      const int64_t from = s * kStripRows;
      // Of strips that are read where they lie only the last is ever copied.
      Bf16* copy = direct_ ? copies_ : copies_ + from * padded_depth_;
      strips_[s] = strip(first + from, lesser(rows - from, kStripRows), copy);
    }
    for (int64_t n = 0; n < p_.columns; n += kBlock) {
      begin_columns(n, quotient_up(strips, 2) * steps_);
      for (int64_t s = 0; s < strips; s += 2) {
        const int64_t from = s * kStripRows;
        const Pending block{.row = first + from, .column = n, .rows = lesser(rows - from, kBlock)};
        if (s + 1 < strips) {
          multiply<true>(strips_ + s, block);
        } else {
          multiply<false>(strips_ + s, block);
        }
      }
    }
    finish_some(kBlock);
  }

  /// Rows m, m + 1, ... as a strip, in `copy` where it has to be.
  Rows<const Bf16> strip(int64_t m, int64_t rows, Bf16* copy) const {
    const Left<Bf16>& a = p_.a;
    const Bf16* from = a.data + m * a.row;
    if (direct_ && rows == kStripRows) return {from, a.row};
    const int64_t units = p_.depth / kPerUnit<Bf16>;
    if (rows < kStripRows || rest_units_ > 0) __builtin_memset(copy, 0, kStripRows * padded_depth_ * sizeof(Bf16));
    if (a.row == kPerUnit<Bf16>) {  // a transpose: what lies side by side are rows
      turn<Bf16>({from, a.step}, units, rows * kPerUnit<Bf16>, copy, padded_depth_);
    } else {
      for (int64_t r = 0; r < rows; ++r) copy_row(from + r * a.row, units, copy + r * padded_depth_);
    }
    return {copy, padded_depth_};
  }

  void copy_row(const Bf16* from, int64_t units, Bf16* to) const {
    constexpr size_t kUnitBytes = kPerUnit<Bf16> * sizeof(Bf16);
    if (p_.a.step == kPerUnit<Bf16>) {
      __builtin_memcpy(to, from, static_cast<size_t>(units) * kUnitBytes);
    } else {
      for (int64_t u = 0; u < units; ++u) __builtin_memcpy(to + u * kPerUnit<Bf16>, from + u * p_.a.step, kUnitBytes);
    }
  }

  /// `steps`: how many there are until the next block of columns has to be near.
  void begin_columns(int64_t n, int64_t steps) {
    right_ = p_.b.data + n / kBlock * p_.b.block;
    for (int64_t u = 0; u < rest_units_; ++u) {
      const Bf16* unit = right_ + (whole_steps_ * kStepUnits + u) * p_.b.step;
      __builtin_memcpy(right_rest_ + u * kRightRow, unit, kRightRow * sizeof(Bf16));
    }
    fetched_ = 0;
    to_fetch_ = n + kBlock < p_.columns ? p_.depth / kPerUnit<Bf16> : 0;
    fetched_per_step_ = quotient_up(to_fetch_, steps);
  }

  /// One strip, or two, times the block of columns. The block before it is finished between the tiles' products, which
  /// leave the vector units idle: all of it, before its sums are overwritten.
  template <bool kTwo>
  void multiply(const Rows<const Bf16>* strips, const Pending& block) {
    tiles_.template zero<0>();
    tiles_.template zero<1>();
    if constexpr (kTwo) {
      tiles_.template zero<2>();
      tiles_.template zero<3>();
    }
    for (int64_t i = 0; i < whole_steps_; ++i) step<kTwo>(strips, i, right_ + i * kStepUnits * p_.b.step, p_.b.step);
    if (rest_units_ > 0) step<kTwo>(strips, whole_steps_, right_rest_, kRightRow);

    tiles_.template store<0>(sums_, kBlock);
    tiles_.template store<1>(sums_ + kBlock / 2, kBlock);
    if constexpr (kTwo) {
      float* second = sums_ + kStripRows * kBlock;
      tiles_.template store<2>(second, kBlock);
      tiles_.template store<3>(second + kBlock / 2, kBlock);
    }
    pending_ = block;
  }

  template <bool kTwo>
  [[gnu::always_inline]] void step(const Rows<const Bf16>* strips, int64_t i, const Bf16* right, int64_t right_row) {
    tiles_.template load<6>(right, right_row);
    tiles_.template load_once<4>(strips[0].data + i * kStepDepth, strips[0].row);
    tiles_.template load<7>(right + kRightRow / 2, right_row);
    tiles_.template add_product<0, 4, 6>();
    tiles_.template add_product<1, 4, 7>();
    if constexpr (kTwo) {
      tiles_.template load_once<5>(strips[1].data + i * kStepDepth, strips[1].row);
      tiles_.template add_product<2, 5, 6>();
      tiles_.template add_product<3, 5, 7>();
    }
    fetch_some();
    finish_some(quotient_up(kBlock, steps_));
  }

  /// Some of the next block of columns into L2.
  void fetch_some() {
    for (const int64_t end = lesser(fetched_ + fetched_per_step_, to_fetch_); fetched_ < end; ++fetched_) {
      const Bf16* unit = right_ + p_.b.block + fetched_ * p_.b.step;
      __builtin_prefetch(unit, 0, 2);
      __builtin_prefetch(unit + kRightRow / 2, 0, 2);
    }
  }

  void finish_some(int64_t most) {
    const int64_t rows = lesser(most, pending_.rows - pending_.finished);
    if (rows == 0) return;
    finish(p_, sums_ + pending_.finished * kBlock, pending_.row + pending_.finished, rows, pending_.column);
    pending_.finished += rows;
  }

  const Product<Bf16>& p_;
  const int64_t whole_steps_;
  const int64_t rest_units_;  // of a last step that is not whole
  const int64_t steps_;
  const int64_t padded_depth_;
  const bool direct_;  // strips of 16 rows are read where they lie
  Tiles tiles_;
  Rows<const Bf16> strips_[kMostStrips];
  const Bf16* right_ = nullptr;  // the block of columns
  int64_t fetched_ = 0;          // units of the next one
  int64_t to_fetch_ = 0;
  int64_t fetched_per_step_ = 0;
  Pending pending_;
  alignas(64) float sums_[kBlock * kBlock];
  alignas(64) Bf16 right_rest_[kStepUnits * kRightRow];
  alignas(64) Bf16 copies_[kCopied];
};

/// Slices of the depth one after the other, added up where the sums go or, where sums are finished at once, block by
/// block in sums of its own. How deep a product is alone decides on its slices, so that no row depends on others.
template <class Tiles>
void deep_tile_product(const Product<Bf16>& p) {
  if (p.finish == Finish::kStore || p.finish == Finish::kAdd) {
    for (int64_t k = 0; k < p.depth; k += kMostDepth) {
      Product<Bf16> slice = p;
      slice.a.data += k / kPerUnit<Bf16> * p.a.step;
      slice.b.data += k / kPerUnit<Bf16> * p.b.step;
      slice.depth = lesser(p.depth - k, kMostDepth);
      if (k > 0) slice.finish = Finish::kAdd;
      TileProduct<Tiles>(slice).run();
    }
    return;
  }
  for (int64_t m = 0; m < p.rows; m += kBlock) {
    for (int64_t n = 0; n < p.columns; n += kBlock) {
      alignas(64) float sums[kBlock * kBlock];
      const int64_t rows = lesser(p.rows - m, kBlock);
      deep_tile_product<Tiles>({.a = {p.a.data + m * p.a.row, p.a.row, p.a.step},
                                .b = {p.b.data + n / kBlock * p.b.block, p.b.step, p.b.block},
                                .rows = rows,
                                .columns = kBlock,
                                .depth = p.depth,
                                .sum = sums,
                                .sum_row = kBlock});
      finish(p, sums, m, rows, n);
    }
  }
}

template <class Tiles>
void tile_product(const Product<Bf16>& p) {
  if (p.depth > kMostDepth) {
    deep_tile_product<Tiles>(p);
  } else {
    TileProduct<Tiles>(p).run();
  }
}

/// The instruction set's own table but for its products.
template <class Tiles>
constexpr Kernels<Bf16> tile_table() {
  Kernels<Bf16> table = kTable<Bf16>;
  table.product = tile_product<Tiles>;
  return table;
}

}  // namespace
}  // namespace rift::nn::kernels
