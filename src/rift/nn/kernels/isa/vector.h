// Vectors of RIFT_LANES numbers and what is computed on them. Included once by each of baseline.cc, avx2.cc, ..., which
// the build compiles for their instruction set: everything stands in an unnamed namespace, so that no function compiled
// for one CPU can be linked into code that runs on another.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <cstdint>

#include "rift/nn/kernels/bf16.h"
#include "rift/nn/kernels/kernels.h"

namespace rift::nn::kernels {
namespace {

constexpr int64_t kLanes = RIFT_LANES;

using F = float __attribute__((vector_size(4 * RIFT_LANES)));
using U = uint32_t __attribute__((vector_size(4 * RIFT_LANES)));
using I = int32_t __attribute__((vector_size(4 * RIFT_LANES)));
using H = uint16_t __attribute__((vector_size(2 * RIFT_LANES)));

template <class V, class T>
[[gnu::always_inline]] inline V loaded(const T* from) {
  V v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}
template <class V, class T>
[[gnu::always_inline]] inline void put(T* to, V v) {
  __builtin_memcpy(to, &v, sizeof v);
}

[[gnu::always_inline]] inline F all(float x) { return x - F{}; }
[[gnu::always_inline]] inline U all(uint32_t x) { return x - U{}; }

[[gnu::always_inline]] inline F load(const float* from) { return loaded<F>(from); }
/// GCC 12 takes __builtin_convertvector apart into halves of a register, and compares and blends for a maximum.
[[gnu::always_inline]] inline U widened(H x) {
#if RIFT_LANES == 16 && defined(__AVX512F__)
  return (U)_mm512_cvtepu16_epi32((__m256i)x);
#else
  return __builtin_convertvector(x, U);
#endif
}
/// a where both are equal or one is a NaN.
[[gnu::always_inline]] inline F larger(F a, F b) {
#if RIFT_LANES == 16 && defined(__AVX512F__)
  return (F)_mm512_max_ps((__m512)b, (__m512)a);
#elif RIFT_LANES == 8 && defined(__AVX__)
  return (F)_mm256_max_ps((__m256)b, (__m256)a);
#else
  return a < b ? b : a;
#endif
}
[[gnu::always_inline]] inline F smaller(F a, F b) {
#if RIFT_LANES == 16 && defined(__AVX512F__)
  return (F)_mm512_min_ps((__m512)b, (__m512)a);
#elif RIFT_LANES == 8 && defined(__AVX__)
  return (F)_mm256_min_ps((__m256)b, (__m256)a);
#else
  return b < a ? b : a;
#endif
}

[[gnu::always_inline]] inline F load(const Bf16* from) { return (F)(widened(loaded<H>(from)) << 16); }
[[gnu::always_inline]] inline I load(const int32_t* from) { return loaded<I>(from); }
[[gnu::always_inline]] inline void store(int32_t* to, I v) { put(to, v); }
[[gnu::always_inline]] inline void store(float* to, F v) { put(to, v); }
[[gnu::always_inline]] inline void store(Bf16* to, F v) {
#if defined(__AVX512BF16__)
  put(to, _mm512_cvtneps_pbh((__m512)v));
#else
  const U bits = (U)v;
  const U rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  const U quiet = (bits >> 16) | 0x40;
  put(to, __builtin_convertvector((bits & 0x7FFFFFFF) > 0x7F800000 ? quiet : rounded, H));
#endif
}

/// Past the caches, for what is not soon read again. `to` is aligned to the vector's bytes; stores_away_done() has to
/// follow before another thread may read.
[[gnu::always_inline]] inline void put_away(Bf16* to, U v) {
#if defined(__AVX512BF16__)
  _mm512_stream_si512(reinterpret_cast<__m512i*>(to), (__m512i)v);
#else
  put(to, v);
#endif
}
[[gnu::always_inline]] inline void stores_away_done() {
#if defined(__AVX512BF16__)
  _mm_sfence();
#endif
}

/// table[index % 16] of each lane.
[[gnu::always_inline]] inline F looked_up(const float (&table)[16], U index) {
#if RIFT_LANES == 16
  return __builtin_shuffle(loaded<F>(table), index);
#elif RIFT_LANES == 8
  return __builtin_shuffle(loaded<F>(table), loaded<F>(table + 8), index);
#else
  F found;
  for (int i = 0; i < kLanes; ++i) found[i] = table[index[i] % 16];
  return found;
#endif
}

constexpr U lane_numbers() {
  U numbers{};
  for (int i = 0; i < kLanes; ++i) numbers[i] = static_cast<uint32_t>(i);
  return numbers;
}

/// NaN in x stays NaN.
[[gnu::always_inline]] inline F at_least(F x, float least) { return larger(x, all(least)); }
[[gnu::always_inline]] inline F at_most(F x, float most) { return smaller(x, all(most)); }
[[gnu::always_inline]] inline F absolute(F x) { return (F)((U)x & 0x7FFFFFFF); }

/// Every lane with every other, by halves: the same order on every call.
template <class Join>
[[gnu::always_inline]] inline float joined(F v, Join join) {
  for (uint32_t half = RIFT_LANES / 2; half > 0; half /= 2) v = join(v, __builtin_shuffle(v, lane_numbers() ^ half));
  return v[0];
}
[[gnu::always_inline]] inline float sum_of(F v) {
  return joined(v, [](F a, F b) { return a + b; });
}
/// Of lanes that are no NaN.
[[gnu::always_inline]] inline float largest_of(F v) { return joined(v, larger); }

/// e^x within 2 ulp for x in [-87, 88]; below that it stays at e^-87. Source: Cephes' expf.
[[gnu::always_inline]] inline F exponential(F x) {
  constexpr float kRounds = 0x1.8p23f;  // added and taken away again, it rounds to a whole number
  x = at_most(at_least(x, -87.0f), 88.0f);
  const F shifted = x * 1.44269504f + kRounds;
  const F n = shifted - kRounds;
  const F r = x - n * 0.693359375f + n * 2.12194440e-4f;
  F p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const F power = (F)((U)((I)shifted + 127) << 23);  // the low bits of `shifted` hold n
  return (p * r * r + r + 1.0f) * power;
}

/// e^x within 3e-6 of itself for x in [-87, 88], where bf16 is to hold it; below that it stays at e^-87.
[[gnu::always_inline]] inline F short_exponential(F x) {
  constexpr float kRounds = 0x1.8p23f;
  constexpr float kPowers[] = {9.9999930e-1f, 6.9312180e-1f, 2.4024744e-1f, 5.5917860e-2f, 9.5701000e-3f};
  x = at_least(x, -87.0f);
  const F shifted = x * 1.44269504f + kRounds;
  const F within = x * 1.44269504f - (shifted - kRounds);
  F power = all(kPowers[4]);
  for (int k = 3; k >= 0; --k) power = power * within + kPowers[k];
  return (F)((U)power + ((U)shifted << 23));  // the low bits of `shifted` hold a power of two
}

/// ln x within 2 ulp for x a normal number above 0. Source: Cephes' logf.
[[gnu::always_inline]] inline F logarithm(F x) {
  constexpr float kSeries[] = {3.3333331174e-1f,  -2.4999993993e-1f, 2.0000714765e-1f,
                               -1.6668057665e-1f, 1.4249322787e-1f,  -1.2420140846e-1f,
                               1.1676998740e-1f,  -1.1514610310e-1f, 7.0376836292e-2f};
  constexpr uint32_t kRootOfHalf = 0x3F3504F3;
  const U moved = (U)x - kRootOfHalf;  // a mantissa from sqrt(1/2) to sqrt(2)
  const F exponent = __builtin_convertvector((I)moved >> 23, F);
  const F m = (F)((moved & 0x7FFFFF) + kRootOfHalf) - 1.0f;
  const F square = m * m;
  F y = all(kSeries[8]);
  for (int k = 7; k >= 0; --k) y = y * m + kSeries[k];
  y = y * m * square;
  y += exponent * -2.12194440e-4f;
  y -= square * 0.5f;
  return m + y + exponent * 0.693359375f;
}

/// dropout.cc's hash for the features first + lane. Whether an element stays.
[[gnu::always_inline]] inline I stays(uint64_t state, uint32_t first, uint32_t threshold) {
  constexpr uint32_t kOdd = 0x9E3779B1u;
  const U lanes = lane_numbers() * kOdd + first * kOdd;  // of each lane first + lane: one multiplication for all
  U x = static_cast<uint32_t>(state) ^ lanes;
  x = (x ^ (x >> 16)) * 0x7FEB352Du;
  x ^= static_cast<uint32_t>(state >> 32);
  x = (x ^ (x >> 15)) * 0x846CA68Bu;
  x ^= x >> 16;
  return x >= threshold;
}

/// Columns column, column + 1, ... of `row`: x where it stays, times the scale.
[[gnu::always_inline]] inline F kept(F x, const Dropped& dropped, int64_t row, int64_t column) {
  if (dropped.states == nullptr) return x;
  const F scale = all(static_cast<float>(dropped.rate.scale));
  const uint32_t first = dropped.first_feature + static_cast<uint32_t>(column);
  return x * (stays(dropped.states[row], first, dropped.rate.threshold) ? scale : F{});
}

}  // namespace
}  // namespace rift::nn::kernels
