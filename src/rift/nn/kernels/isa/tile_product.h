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
constexpr int64_t kMostTurnedDepth = 640;                    // of one whose left side is a transpose
constexpr int64_t kTile = kStripRows * kStepDepth;           // elements, 1 KiB
constexpr size_t kUnitBytes = kPerUnit<Bf16> * sizeof(Bf16);
constexpr int64_t kCopied = kBlock * kMostDepth;  // elements of the left side that may be copied

constexpr int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t quotient_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Of the thread that asks. Too large for its stack, where profilers look for what called a product.
inline Bf16* copies_of_thread() {
  alignas(64) static thread_local Bf16 copies[kCopied];
  return copies;
}

/// A product of a depth up to kMostDepth.
///
/// The left side is read as strips of 16 rows, row-major and of whole steps. What does not lie so (a transpose, a last
/// strip of fewer rows, a depth that ends within a step) is copied first, tile by tile, zeros around it, once for all
/// columns. A block of 32 columns meets every strip before the next block comes: weights come from farther away than
/// activations.
template <class Tiles, Finish kFinish>
class TileProduct {
 public:
  explicit TileProduct(const Product<Bf16>& p)
      : p_(p),
        whole_steps_(p.depth / kStepDepth),
        rest_units_(p.depth % kStepDepth / kPerUnit<Bf16>),
        steps_(quotient_up(p.depth, kStepDepth)),
        direct_(p.a.step == kPerUnit<Bf16> && rest_units_ == 0),
        finished_per_step_(quotient_up(kBlock, steps_)) {
    if (rest_units_ > 0) __builtin_memset(right_rest_, 0, sizeof right_rest_);
  }

  void run() {
    const int64_t copies = kCopied / (kTile * steps_) / 2 * 2;
    const int64_t rows = kStripRows * (direct_ ? kMostStrips : lesser(kMostStrips, copies));
    for (int64_t m = 0; m < p_.rows; m += rows) run_rows(m, lesser(p_.rows - m, rows));
  }

 private:
  static constexpr bool kAdds = kFinish == Finish::kAdd;
  static constexpr bool kKeepsSums = kAdds || kFinish == Finish::kStore;

  /// Step i of row r begins at data[r * row + i * step].
  struct Strip {
    const Bf16* data = nullptr;
    int64_t row = 0;
    int64_t step = 0;
  };
  struct Block {
    int64_t row = 0;
    int64_t column = 0;
    int64_t rows = 0;
  };

  void run_rows(int64_t first, int64_t rows) {
    const int64_t strips = quotient_up(rows, kStripRows);
    for (int64_t s = 0; s < strips; ++s) {
      const int64_t from = s * kStripRows;
      // Of strips that are read where they lie only the last is ever copied.
      Bf16* copy = direct_ ? copies_ : copies_ + s * kTile * steps_;
      strips_[s] = strip(first + from, lesser(rows - from, kStripRows), copy);
    }
    for (int64_t n = 0; n < p_.columns; n += kBlock) {
      begin_columns(n, quotient_up(strips, 2) * steps_);
      for (int64_t s = 0; s < strips; s += 2) {
        const int64_t from = s * kStripRows;
        const Block block{.row = first + from, .column = n, .rows = lesser(rows - from, kBlock)};
        if (s + 1 < strips) {
          multiply<true>(strips_ + s, block);
        } else {
          multiply<false>(strips_ + s, block);
        }
      }
    }
    finish_some(0, pending_.rows);
    pending_ = {};
  }

  /// Rows m, m + 1, ... as a strip, in `copy` where it has to be.
  Strip strip(int64_t m, int64_t rows, Bf16* copy) const {
    const Left<Bf16>& a = p_.a;
    const Bf16* from = a.row_at(m);
    if (direct_ && rows == kStripRows) return {from, a.row, kStepDepth};
    for (int64_t i = 0; i < steps_; ++i) {
      const int64_t units = i < whole_steps_ ? kStepUnits : rest_units_;
      copy_tile(from + i * kStepUnits * a.step, rows, units, copy + i * kTile);
    }
    return {copy, kStepDepth, kTile};
  }

  void copy_tile(const Bf16* from, int64_t rows, int64_t units, Bf16* to) const {
    const Left<Bf16>& a = p_.a;
    U16 tile[kStripRows] = {};
    if (a.row == kPerUnit<Bf16>) {  // a transpose: what lies side by side are rows
      for (int64_t u = 0; u < units; ++u) load_units(from + u * a.step, rows, tile[u]);
      turn_square(tile);
    } else if (a.step == kPerUnit<Bf16>) {
      for (int64_t r = 0; r < rows; ++r) load_units(from + r * a.row, units, tile[r]);
    } else {
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t u = 0; u < units; ++u) __builtin_memcpy(&tile[r][u], from + r * a.row + u * a.step, kUnitBytes);
      }
    }
    __builtin_memcpy(to, tile, sizeof tile);
  }
  [[gnu::always_inline]] static void load_units(const Bf16* from, int64_t count, U16& to) {
    if (count == kStepUnits) {
      to = loaded<U16>(from);
    } else {
      __builtin_memcpy(&to, from, static_cast<size_t>(count) * kUnitBytes);
    }
  }

  /// `steps`: how many there are until the next block of columns has to be near.
  void begin_columns(int64_t n, int64_t steps) {
    right_ = p_.b.data + n / kBlock * p_.b.block;
    for (int64_t u = 0; u < rest_units_; ++u) {
      const Bf16* unit = right_ + (whole_steps_ * kStepUnits + u) * p_.b.step;
      __builtin_memcpy(right_rest_ + u * kRightRow, unit, kRightRow * sizeof(Bf16));
    }
    const int64_t units = n + kBlock < p_.columns ? p_.depth / kPerUnit<Bf16> : 0;
    fetch_ = right_ + p_.b.block;
    fetch_end_ = fetch_ + units * p_.b.step;
    fetched_per_step_ = quotient_up(units, steps);
  }

  /// One strip, or two, times the block of columns. Between the tiles' products, which leave the vector units idle, the
  /// block before it is finished, all of it before its sums are overwritten, and some of the next block of columns is
  /// brought into L2. Sums that stay sums are where they belong from the beginning.
  template <bool kTwo>
  void multiply(const Strip* strips, const Block& block) {
    const bool in_place = kKeepsSums && block.rows == (kTwo ? kBlock : kStripRows);
    if constexpr (kAdds) {
      begin_with_sums<kTwo>(block, in_place);
    } else {
      tiles_.template zero<0>();
      tiles_.template zero<1>();
      if constexpr (kTwo) {
        tiles_.template zero<2>();
        tiles_.template zero<3>();
      }
    }
    const Bf16 *right = right_, *first = strips[0].data, *second = kTwo ? strips[1].data : nullptr, *fetch = fetch_;
    int64_t finished = 0;
    const auto step = [&](int64_t right_row) __attribute__((always_inline)) {
      tiles_.template load<6>(right, right_row);
      tiles_.template load_once<4>(first, strips[0].row);
      tiles_.template load<7>(right + kRightRow / 2, right_row);
      tiles_.template add_product<0, 4, 6>();
      tiles_.template add_product<1, 4, 7>();
      if constexpr (kTwo) {
        tiles_.template load_once<5>(second, strips[1].row);
        tiles_.template add_product<2, 5, 6>();
        tiles_.template add_product<3, 5, 7>();
        second += strips[1].step;
      }
      first += strips[0].step;
      for (int64_t i = 0; i < fetched_per_step_ && fetch < fetch_end_; ++i, fetch += p_.b.step) {
        __builtin_prefetch(fetch, 0, 2);
        __builtin_prefetch(fetch + kRightRow / 2, 0, 2);
      }
      if (finished < pending_.rows) {
        const int64_t rows = lesser(finished_per_step_, pending_.rows - finished);
        finish_some(finished, rows);
        finished += rows;
      }
    };
    for (int64_t i = 0; i < whole_steps_; ++i, right += kStepUnits * p_.b.step) step(p_.b.step);
    if (rest_units_ > 0) {
      right = right_rest_;
      step(kRightRow);
    }
    fetch_ = fetch;
    pending_ = in_place ? Block{} : block;
    if (in_place) {
      store<kTwo>(p_.sum + block.row * p_.sum_row + block.column, p_.sum_row);
    } else {
      store<kTwo>(sums_, kBlock);
    }
  }

  template <bool kTwo>
  void store(float* to, int64_t row) {
    tiles_.template store<0>(to, row);
    tiles_.template store<1>(to + kBlock / 2, row);
    if constexpr (kTwo) {
      tiles_.template store<2>(to + kStripRows * row, row);
      tiles_.template store<3>(to + kStripRows * row + kBlock / 2, row);
    }
  }

  /// Every element is added to what was there, whether its tile is whole or not: in the same order.
  template <bool kTwo>
  void begin_with_sums(const Block& block, bool in_place) {
    const float* from = p_.sum + block.row * p_.sum_row + block.column;
    int64_t row = p_.sum_row;
    if (!in_place) {
      for (int64_t r = 0; r < kBlock; ++r) {
        if (r < block.rows) {
          __builtin_memcpy(begin_ + r * kBlock, from + r * row, kBlock * sizeof(float));
        } else {
          __builtin_memset(begin_ + r * kBlock, 0, kBlock * sizeof(float));
        }
      }
      from = begin_;
      row = kBlock;
    }
    tiles_.template load<0>(from, row);
    tiles_.template load<1>(from + kBlock / 2, row);
    if constexpr (kTwo) {
      tiles_.template load<2>(from + kStripRows * row, row);
      tiles_.template load<3>(from + kStripRows * row + kBlock / 2, row);
    }
  }

  /// Rows of the pending block; what was there is in its sums already.
  void finish_some(int64_t from, int64_t rows) {
    finish_rows<kAdds ? Finish::kStore : kFinish>(p_, sums_ + from * kBlock, pending_.row + from, rows,
                                                  pending_.column);
  }

  const Product<Bf16>& p_;
  const int64_t whole_steps_;
  const int64_t rest_units_;  // of a last step that is not whole
  const int64_t steps_;
  const bool direct_;  // strips of 16 rows are read where they lie
  const int64_t finished_per_step_;
  Bf16* const copies_ = copies_of_thread();
  Tiles tiles_;
  Strip strips_[kMostStrips];
  const Bf16* right_ = nullptr;  // the block of columns
  const Bf16* fetch_ = nullptr;  // what of the next one is to be brought near
  const Bf16* fetch_end_ = nullptr;
  int64_t fetched_per_step_ = 0;
  Block pending_;  // whose sums are in sums_, on their way to where the product wants them
  alignas(64) float sums_[kBlock * kBlock];
  alignas(64) float begin_[kAdds ? kBlock * kBlock : 1];
  alignas(64) Bf16 right_rest_[kStepUnits * kRightRow];
};

template <class Tiles>
void shallow_tile_product(const Product<Bf16>& p) {
  switch (p.finish) {
    case Finish::kStore:
      return TileProduct<Tiles, Finish::kStore>(p).run();
    case Finish::kAdd:
      return TileProduct<Tiles, Finish::kAdd>(p).run();
    case Finish::kElements:
      return TileProduct<Tiles, Finish::kElements>(p).run();
    case Finish::kGelu:
      return TileProduct<Tiles, Finish::kGelu>(p).run();
    case Finish::kGeluBackward:
      return TileProduct<Tiles, Finish::kGeluBackward>(p).run();
  }
}

/// Slices of the depth one after the other, added up where the sums go or, where sums are finished at once, block by
/// block in sums of its own. How deep a product is alone decides on its slices, so that no row depends on others.
template <class Tiles>
void deep_tile_product(const Product<Bf16>& p, int64_t most) {
  if (keeps_sums(p)) return run_slices(p, most, shallow_tile_product<Tiles>);
  for (int64_t m = 0; m < p.rows; m += kBlock) {
    for (int64_t n = 0; n < p.columns; n += kBlock) {
      alignas(64) float sums[kBlock * kBlock];
      const int64_t rows = lesser(p.rows - m, kBlock);
      deep_tile_product<Tiles>({.a = {p.a.row_at(m), p.a.row, p.a.step, p.a.block},
                                .b = {p.b.data + n / kBlock * p.b.block, p.b.step, p.b.block},
                                .rows = rows,
                                .columns = kBlock,
                                .depth = p.depth,
                                .sum = sums,
                                .sum_row = kBlock},
                               most);
      finish(p, sums, m, rows, n);
    }
  }
}

template <class Tiles>
void tile_product(const Product<Bf16>& p) {
  const int64_t most = p.a.row == kPerUnit<Bf16> ? kMostTurnedDepth : kMostDepth;
  if (p.depth > most) {
    deep_tile_product<Tiles>(p, most);
  } else {
    shallow_tile_product<Tiles>(p);
  }
}

/// The instruction set's own table but for its products.
template <class Tiles>
constexpr Kernels<Bf16> tile_table() {
  Kernels<Bf16> table = kTable<Bf16>;
  table.reads_blocks = true;
  table.tile_rows = kStripRows;
  table.tile_depth = kStepDepth;
  table.product = tile_product<Tiles>;
  return table;
}

}  // namespace
}  // namespace rift::nn::kernels
