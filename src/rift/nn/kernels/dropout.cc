#include "rift/nn/kernels/dropout.h"

#include <algorithm>
#include <cmath>

#include "rift/base/random.h"

namespace rift::nn::kernels {

namespace {

/// A 32-bit finaliser (two multiplications, bias below 0.2 %) with the state's upper half stirred in between them, so
/// that two tokens whose lower halves meet still have masks of their own.
[[gnu::always_inline]] inline uint32_t hashed(uint32_t low, uint32_t high, uint32_t feature) {
  uint32_t x = low ^ (feature * 0x9E3779B1u);
  x = (x ^ (x >> 16)) * 0x7FEB352Du;
  x ^= high;
  x = (x ^ (x >> 15)) * 0x846CA68Bu;
  return x ^ (x >> 16);
}

template <class T>
[[gnu::always_inline]] inline void apply(uint64_t state, uint32_t first, int64_t n, const DropoutRate& rate, const T* x,
                                         T* y) {
  const auto low = static_cast<uint32_t>(state);
  const auto high = static_cast<uint32_t>(state >> 32);
  const uint32_t threshold = rate.threshold;
  const T scale = static_cast<T>(rate.scale);
  for (int64_t i = 0; i < n; ++i) {
    const bool stays = hashed(low, high, first + static_cast<uint32_t>(i)) >= threshold;
    y[i] = x[i] * (stays ? scale : T(0));
  }
}

#if defined(__x86_64__)
template <class T>
[[gnu::target("avx2")]] void apply_avx2(uint64_t state, uint32_t first, int64_t n, const DropoutRate& rate, const T* x,
                                        T* y) {
  apply(state, first, n, rate, x, y);
}

bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
}
#endif

}  // namespace

uint64_t dropout_state(const DropoutToken& token) {
  uint64_t state = splitmix64(token.seed);
  state = splitmix64(state ^ static_cast<uint64_t>(token.epoch));
  state = splitmix64(state ^ token.row_key);
  state = splitmix64(state ^ (static_cast<uint64_t>(token.layer) << 32 | token.site));
  return splitmix64(state ^ static_cast<uint64_t>(token.token));
}

DropoutRate dropout_rate(double probability) {
  // A probability this side of 1 may round to 2^32, which would be no dropout at all.
  const double threshold = std::min(std::round(probability * 0x1.0p32), 0x1.0p32 - 1);
  return {.threshold = static_cast<uint32_t>(threshold), .scale = 1.0 / (1.0 - probability)};
}

template <class T>
void apply_dropout(uint64_t state, uint32_t first_feature, int64_t n, const DropoutRate& rate, const T* x, T* y) {
#if defined(__x86_64__)
  if (has_avx2()) {
    apply_avx2(state, first_feature, n, rate, x, y);
    return;
  }
#endif
  apply(state, first_feature, n, rate, x, y);
}

template void apply_dropout<float>(uint64_t, uint32_t, int64_t, const DropoutRate&, const float*, float*);
template void apply_dropout<double>(uint64_t, uint32_t, int64_t, const DropoutRate&, const double*, double*);

}  // namespace rift::nn::kernels
