#include "nn/kernels/emulated_amx.h"

#include <cmath>
#include <limits>

#define RIFT_LANES 4
#include "rift/nn/kernels/isa/tile_product.h"

namespace rift::nn::kernels {
namespace {

float without_denormals(float x) {
  return std::abs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x) : x;
}

float multiply_add(float sum, Bf16 a, Bf16 b) {
  return without_denormals(std::fma(without_denormals(widened(a)), without_denormals(widened(b)), sum));
}

/// Eight tiles as Intel's manual describes them ("TILELOADD", "TILESTORED", "TDPBF16PS").
class EmulatedTiles {
 public:
  template <int kTile>
  void zero() {
    __builtin_memset(tiles_[kTile], 0, sizeof tiles_[kTile]);
  }
  template <int kTile, class T>
  void load(const T* from, int64_t row) {
    for (int64_t r = 0; r < 16; ++r) __builtin_memcpy(tiles_[kTile][r], from + r * row, 64);
  }
  template <int kTile, class T>
  void load_once(const T* from, int64_t row) {
    load<kTile>(from, row);
  }
  template <int kTile>
  void store(float* to, int64_t row) {
    for (int64_t r = 0; r < 16; ++r) __builtin_memcpy(to + r * row, tiles_[kTile][r], 64);
  }
  /// The pairs' first and second products are summed apart, then together, then with the sums.
  template <int kSums, int kA, int kB>
  void add_product() {
    for (int64_t m = 0; m < 16; ++m) {
      for (int64_t n = 0; n < 16; ++n) {
        float first = 0, second = 0;
        for (int64_t k = 0; k < 16; ++k) {
          const auto a = number<Pair>(kA, m, k), b = number<Pair>(kB, k, n);
          first = multiply_add(first, a.first, b.first);
          second = multiply_add(second, a.second, b.second);
        }
        const float sum = without_denormals(without_denormals(first + second) + number<float>(kSums, m, n));
        __builtin_memcpy(&tiles_[kSums][m][4 * n], &sum, sizeof sum);
      }
    }
  }

 private:
  struct Pair {
    Bf16 first, second;
  };
  template <class T>
  T number(int tile, int64_t row, int64_t column) const {
    T number;
    __builtin_memcpy(&number, &tiles_[tile][row][4 * column], sizeof number);
    return number;
  }

  uint8_t tiles_[8][16][64];
};

}  // namespace
}  // namespace rift::nn::kernels

namespace rift::test {

constinit const nn::kernels::Kernels<nn::kernels::Bf16> kEmulatedAmx =
    nn::kernels::tile_table<nn::kernels::EmulatedTiles>();

}  // namespace rift::test
