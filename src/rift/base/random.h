#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace rift {

/// splitmix64 (Steele, Lea, Flood 2014): the hash that split rules are stated in.
constexpr uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  uint64_t z = x;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// Philox4x32-10 (Salmon et al., SC'11): four 32-bit words from a counter and a key; no state.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// Random numbers addressed by (seed, stream, index): the value at an index never depends on how many threads asked
/// or in which order. A stream is one purpose (see kStream* of the user), so that purposes never share numbers.
class CounterRandom {
 public:
  CounterRandom(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}
  uint64_t bits(uint64_t index) const;
  double uniform(uint64_t index) const;                  // in [0, 1), 53 bits
  double normal(uint64_t index) const;                   // standard normal, Box-Muller on bits of this index alone
  uint64_t below(uint64_t index, uint64_t bound) const;  // in [0, bound), bound > 0
  std::vector<int64_t> permutation(int64_t n) const;     // order of keys bits(0..n-1), ties by index

 private:
  uint64_t seed_;
  uint64_t stream_;
};

/// A permutation of 0 .. n-1 as a function of (seed, stream), none of which is held in memory: a Feistel network on the
/// next power of four, walked along until it is inside (Black and Rogaway, CT-RSA 2002).
class IndexPermutation {
 public:
  IndexPermutation(int64_t n, uint64_t seed, uint64_t stream);
  int64_t operator()(int64_t index) const;  // of 0 .. n-1

 private:
  uint64_t once(uint64_t value) const;
  uint64_t n_;
  uint64_t key_;
  int half_bits_ = 1;
};

}  // namespace rift
