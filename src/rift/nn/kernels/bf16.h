#pragma once

#include <bit>
#include <cstdint>

namespace rift::nn::kernels {

/// The upper half of an f32: 8 bits of exponent, 8 of precision.
struct Bf16 {
  uint16_t bits;
};

[[gnu::always_inline]] inline float widened(Bf16 x) {
  return std::bit_cast<float>(static_cast<uint32_t>(x.bits) << 16);
}
[[gnu::always_inline]] inline float widened(float x) { return x; }

/// Nearest, ties to even, as every bf16 instruction rounds. A NaN stays one.
[[gnu::always_inline]] inline Bf16 to_bf16(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return {static_cast<uint16_t>(bits >> 16 | 0x40)};
  return {static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)};
}

/// Numbers that lie side by side in one 32-bit unit: products take units, not numbers, along the dimension that they
/// sum over.
template <class E>
inline constexpr int64_t kPerUnit = 4 / static_cast<int64_t>(sizeof(E));

}  // namespace rift::nn::kernels
