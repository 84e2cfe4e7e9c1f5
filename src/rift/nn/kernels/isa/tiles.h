// The CPU's eight tile registers of 16 rows x 64 bytes (AMX), for tile_product.h. Written in assembler because
// compilers' own _tile_loadconfig and _tile_loadd do not say which memory they read.
#pragma once

#include <cstdint>

namespace rift::nn::kernels {
namespace {

/// What ldtilecfg reads. Source: Intel's manual, "TILECFG Memory Layout".
struct alignas(64) TileShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileShapes) == 64);

/// A thread's tiles from the construction on. kAmx must be usable: that asks the system for them.
class HardwareTiles {
 public:
  /// Shapes belong to the thread, but not to us alone: another library's product may have set its own or released them.
  /// They are read, which costs little, and set, which costs more and clears all tiles, only where they differ. So they
  /// are not released either: a thread pays for that with 8 KB more to save when the system switches away from it.
  HardwareTiles() {
    static constexpr TileShapes kShapes;
    TileShapes set;
    asm volatile("sttilecfg %0" : "=m"(set));
    if (__builtin_memcmp(&set, &kShapes, sizeof set) != 0) asm volatile("ldtilecfg %0" : : "m"(kShapes));
  }

  template <int kTile>
  [[gnu::always_inline]] void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  /// 16 rows of 64 bytes, `row` elements apart.
  template <int kTile, class T>
  [[gnu::always_inline]] void load(const T* from, int64_t row) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(bytes<T>(row)), "i"(kTile) : "memory");
  }
  /// The same for what is not soon loaded again.
  template <int kTile, class T>
  [[gnu::always_inline]] void load_once(const T* from, int64_t row) {
    asm volatile("tileloaddt1 (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(bytes<T>(row)), "i"(kTile) : "memory");
  }
  template <int kTile>
  [[gnu::always_inline]] void store(float* to, int64_t row) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(bytes<float>(row)), "i"(kTile) : "memory");
  }
  /// sums += a b: a holds 16 rows of 16 pairs of bf16, b 16 pairs' rows of 16 columns.
  template <int kSums, int kA, int kB>
  [[gnu::always_inline]] void add_product() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSums), "i"(kA), "i"(kB));
  }

 private:
  template <class T>
  static constexpr int64_t bytes(int64_t elements) {
    return elements * static_cast<int64_t>(sizeof(T));
  }
};

}  // namespace
}  // namespace rift::nn::kernels
