#include "rift/base/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "rift/base/error.h"

namespace rift {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

namespace {

__extension__ using Wide = unsigned __int128;

std::array<uint32_t, 4> words(uint64_t seed, uint64_t stream, uint64_t index) {
  return philox4x32({static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32), static_cast<uint32_t>(stream),
                     static_cast<uint32_t>(stream >> 32)},
                    {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
}

double unit(uint32_t high, uint32_t low) { return static_cast<double>((uint64_t{high} << 32 | low) >> 11) * 0x1.0p-53; }

}  // namespace

uint64_t CounterRandom::bits(uint64_t index) const {
  const auto w = words(seed_, stream_, index);
  return uint64_t{w[0]} << 32 | w[1];
}

double CounterRandom::uniform(uint64_t index) const {
  const auto w = words(seed_, stream_, index);
  return unit(w[0], w[1]);
}

double CounterRandom::normal(uint64_t index) const {
  const auto w = words(seed_, stream_, index);
  const double radius = std::sqrt(-2.0 * std::log(1.0 - unit(w[0], w[1])));  // 1 - u is in (0, 1]
  return radius * std::cos(2.0 * std::numbers::pi * unit(w[2], w[3]));
}

uint64_t CounterRandom::below(uint64_t index, uint64_t bound) const {
  RIFT_CHECK(bound > 0);
  return static_cast<uint64_t>((static_cast<Wide>(bits(index)) * bound) >> 64);
}

std::vector<int64_t> CounterRandom::permutation(int64_t n) const {
  std::vector<uint64_t> keys(static_cast<size_t>(n));
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = bits(i);
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return keys[static_cast<size_t>(a)] < keys[static_cast<size_t>(b)]; });
  return order;
}

namespace {

constexpr uint64_t kFeistelRounds = 8;

}  // namespace

IndexPermutation::IndexPermutation(int64_t n, uint64_t seed, uint64_t stream)
    : n_(static_cast<uint64_t>(n)), key_(CounterRandom(seed, stream).bits(0)) {
  RIFT_CHECK(n > 0);
  while (half_bits_ < 31 && (n_ - 1) >> (2 * half_bits_) != 0) ++half_bits_;
}

uint64_t IndexPermutation::once(uint64_t value) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = value >> half_bits_, right = value & mask;
  for (uint64_t round = 0; round < kFeistelRounds; ++round) {
    const uint64_t mixed = splitmix64(key_ ^ splitmix64(right + (round << 40)));
    left = std::exchange(right, left ^ (mixed & mask));
  }
  return left << half_bits_ | right;
}

int64_t IndexPermutation::operator()(int64_t index) const {
  uint64_t value = once(static_cast<uint64_t>(index));
  while (value >= n_) value = once(value);
  return static_cast<int64_t>(value);
}

}  // namespace rift
