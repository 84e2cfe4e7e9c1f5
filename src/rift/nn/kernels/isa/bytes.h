// Products of bytes and the states that become bytes for them. Included once by each of baseline.cc, avx2.cc, ...
#pragma once

#include "rift/nn/kernels/bytes.h"
#include "rift/nn/kernels/isa/product.h"

namespace rift::nn::kernels {
namespace {

// ---- sums

/// Products of the signed 16-bit numbers of a and b, those of one unit added up.
[[gnu::always_inline]] inline I pair_sums(I a, I b) {
#if defined(__AVX512BW__)
  return (I)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (I)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (I)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  return ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

/// Units of four bytes, unsigned on the left and signed on the right. Without an instruction that takes them as they
/// are, every other byte becomes 16 bits wide: the usual one for bytes cuts off sums beyond 16 bits.
struct BytePairs {
  I even, odd;
};
template <>
struct Operand<int8_t> {
  using Sum = I;
  using Number = int32_t;
#if defined(__AVX512VNNI__)
  using Left = I;
  using Right = I;
  [[gnu::always_inline]] static I right(const int8_t* from) { return loaded<I>(from); }
  [[gnu::always_inline]] static I left(I unit) { return unit; }
  [[gnu::always_inline]] static void add_product(I& sum, I a, I b) {
    sum = (I)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
  }
#else
  using Left = BytePairs;
  using Right = BytePairs;
  [[gnu::always_inline]] static BytePairs right(const int8_t* from) {
    using Shorts = int16_t __attribute__((vector_size(4 * RIFT_LANES)));
    const Shorts units = loaded<Shorts>(from);
    return {(I)((units << 8) >> 8), (I)(units >> 8)};
  }
  [[gnu::always_inline]] static BytePairs left(I unit) {
    return {unit & 0x00FF00FF, (I)(((U)unit >> 8) & 0x00FF00FFu)};
  }
  [[gnu::always_inline]] static void add_product(I& sum, const BytePairs& a, const BytePairs& b) {
    sum += pair_sums(a.even, b.even) + pair_sums(a.odd, b.odd);
  }
#endif
  [[gnu::always_inline]] static Left everywhere(const int8_t* from) {
    int32_t unit;
    __builtin_memcpy(&unit, from, sizeof unit);
    return left(unit - I{});
  }
};

// ---- from numbers to bytes and back

/// The nearest whole numbers, ties to even.
[[gnu::always_inline]] inline I nearest(F x) {
#if defined(__AVX512F__)
  return (I)_mm512_maskz_cvtps_epi32(0xFFFF, (__m512)x);  // GCC 12 warns of the one without a mask
#elif defined(__AVX2__)
  return (I)_mm256_cvtps_epi32((__m256)x);
#elif defined(__SSE2__)
  return (I)_mm_cvtps_epi32((__m128)x);
#else
  I whole;
  for (int i = 0; i < kLanes; ++i) whole[i] = static_cast<int32_t>(__builtin_rintf(x[i]));
  return whole;
#endif
}

using Bytes = uint8_t __attribute__((vector_size(RIFT_LANES)));

/// The step between two bytes is 1/254 of the range: smallest and zero may both be rounded up.
void quantize(Rows<const float> x, int64_t rows, int64_t columns, const ByteRows& to) {
  constexpr float kSmallestRange = 1e-30f;  // what is nearer to 0 is 0
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x.data + r * x.row;
    const auto smaller = [](F a, F b) { return a < b ? a : b; };
    const auto greater = [](F a, F b) { return a > b ? a : b; };
    F low{}, high{}, odd{};
    for (int64_t c = 0; c < columns; c += kLanes) {
      const F v = load(row + c);
      low = smaller(v, low);
      high = greater(v, high);
      odd += v - v;  // 0, or NaN where v is not finite
    }
    const float least = joined(low, smaller);
    const float range = joined(high, greater) - least;
    to.scale[r] = range * (1.0f / 254.0f) + sum_of(odd);
    const float steps = range > kSmallestRange ? 254.0f / range : 0.0f;
    const I zero = nearest(all(steps > 0 ? -least * steps : 0.0f));  // not NaN where `least` is infinite
    to.zero[r] = zero[0];
    uint8_t* bytes = to.data + r * to.row;
    for (int64_t c = 0; c < columns; c += kLanes) {
      put(bytes + c, __builtin_convertvector(nearest(load(row + c) * steps) + zero, Bytes));
    }
  }
}

/// Sums of bytes [rows, kBlock] become those of numbers: at their place, and as f32.
void rescale(const ByteProduct& p, int32_t* sums, int64_t first_row, int64_t rows, int64_t column) {
  for (int64_t r = 0; r < rows; ++r) {
    const I zero = p.a.zero[first_row + r] - I{};
    const F scale = all(p.a.scale[first_row + r]);
    for (int64_t c = 0; c < kBlock; c += kLanes) {
      int32_t* at = sums + r * kBlock + c;
      const I sum = load(at) - load(p.b.sums + column + c) * zero;
      put(at, __builtin_convertvector(sum, F) * (load(p.b.scale + column + c) * scale));
    }
  }
}

void product(const ByteProduct& bytes) {
  const Product<float>& p = bytes.result;
  for (int64_t m = 0; m < p.rows; m += kChunkRows) {
    const int64_t rows = p.rows - m < kChunkRows ? p.rows - m : kChunkRows;
    for (int64_t n = 0; n < p.columns; n += kBlock) {
      const TileInput<int8_t> in{.a = reinterpret_cast<const int8_t*>(bytes.a.data) + m * bytes.a.row,
                                 .a_row = bytes.a.row,
                                 .a_step = kPerUnit<int8_t>,
                                 .b = bytes.b.bytes.data + n / kBlock * bytes.b.bytes.block,
                                 .b_step = bytes.b.bytes.step,
                                 .units = p.depth / kPerUnit<int8_t>,
                                 .to_next = n + kBlock < p.columns ? bytes.b.bytes.block : 0};
      alignas(64) int32_t whole[kChunkRows * kBlock];
      block<int8_t, false>(in, rows, whole, kBlock);
      rescale(bytes, whole, m, rows, n);
      finish(p, reinterpret_cast<const float*>(whole), m, rows, n);  // read by memcpy alone
    }
  }
}

constexpr ByteKernels kByteTable{.quantize = quantize, .product = product};

}  // namespace
}  // namespace rift::nn::kernels
