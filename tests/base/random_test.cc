#include "rift/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rift/base/threads.h"
#include "support/failure.h"

namespace rift {
namespace {

// Source: Random123 1.14, tests/kat_vectors, "philox4x32 10".
TEST(Philox, KnownAnswers) {
  using Words = std::array<uint32_t, 4>;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// Source: design note on splits, key(0..2, seed 1) = splitmix64(i xor seed * 0x9E3779B97F4A7C15).
TEST(Splitmix64, KnownAnswers) {
  const uint64_t seed = 0x9E3779B97F4A7C15ull;
  EXPECT_EQ(splitmix64(0 ^ seed), 0x6e789e6aa1b965f4ull);
  EXPECT_EQ(splitmix64(1 ^ seed), 0xe99ff867dbf682c9ull);
  EXPECT_EQ(splitmix64(2 ^ seed), 0xbfc846100bfc1e42ull);
}

TEST(CounterRandom, ValuesAreThoseOfTheirAddress) {
  // bits() of index 0 in stream 0 of seed 0 are the first two words of the known answer above.
  EXPECT_EQ(CounterRandom(0, 0).bits(0), 0x6627e8d5e169c58dull);
  EXPECT_EQ(CounterRandom(0, 0).uniform(0), static_cast<double>(0x6627e8d5e169c58dull >> 11) * 0x1.0p-53);
  // Counter words are (index low, index high, stream low, stream high), key words (seed low, seed high).
  const CounterRandom pi(0x299f31d0a4093822ull, 0x0370734413198a2eull);
  EXPECT_EQ(pi.bits(0x85a308d3243f6a88ull), 0xd16cfe0994fdccebull);
}

TEST(CounterRandom, NormalIsBoxMullerOfAllFourWords) {
  const auto unit = [](uint64_t high, uint64_t low) {
    return static_cast<double>((high << 32 | low) >> 11) * 0x1.0p-53;
  };
  const double u = unit(0x6627e8d5, 0xe169c58d);
  const double v = unit(0xbc57ac4c, 0x9b00dbd8);
  EXPECT_DOUBLE_EQ(CounterRandom(0, 0).normal(0), std::sqrt(-2 * std::log(1 - u)) * std::cos(2 * M_PI * v));
}

TEST(CounterRandom, StreamsAndSeedsShareNoNumbers) {
  std::vector<uint64_t> values;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    for (uint64_t stream = 0; stream < 4; ++stream) {
      for (uint64_t i = 0; i < 1000; ++i) values.push_back(CounterRandom(seed, stream).bits(i));
    }
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(std::unique(values.begin(), values.end()), values.end());
}

// The bounds are five standard errors; the draws are fixed by the seed, so the test cannot flicker.
TEST(CounterRandom, MomentsOfUniformAndNormal) {
  constexpr uint64_t kDraws = 200'000;
  const CounterRandom random(42, 1);
  double u1 = 0, u2 = 0, n1 = 0, n2 = 0, n3 = 0, n4 = 0, lag = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const double u = random.uniform(i);
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    const double n = random.normal(i);
    u1 += u, u2 += u * u, n1 += n, n2 += n * n, n3 += n * n * n, n4 += n * n * n * n;
    lag += n * random.normal(i + 1);
  }
  const double root = std::sqrt(static_cast<double>(kDraws));
  const auto mean = [](double sum) { return sum / kDraws; };
  EXPECT_NEAR(mean(u1), 0.5, 5 * std::sqrt(1.0 / 12) / root);
  EXPECT_NEAR(mean(u2), 1.0 / 3, 5 * std::sqrt(4.0 / 45) / root);
  EXPECT_NEAR(mean(n1), 0, 5 / root);
  EXPECT_NEAR(mean(n2), 1, 5 * std::sqrt(2.0) / root);
  EXPECT_NEAR(mean(n3), 0, 5 * std::sqrt(15.0) / root);
  EXPECT_NEAR(mean(n4), 3, 5 * std::sqrt(96.0) / root);
  EXPECT_NEAR(mean(lag), 0, 5 / root);
}

TEST(CounterRandom, BelowIsEvenAndInRange) {
  constexpr uint64_t kBound = 7;
  constexpr int kDraws = 70'000;
  const CounterRandom random(3, 3);
  std::array<int, kBound> counts{};
  for (uint64_t i = 0; i < kDraws; ++i) ++counts.at(random.below(i, kBound));
  for (int count : counts) EXPECT_NEAR(count, kDraws / 7.0, 5 * std::sqrt(kDraws * (1.0 / 7) * (6.0 / 7)));
  EXPECT_EQ(random.below(0, 1), 0u);
  test::message_of(Code::kBug, [&] { random.below(0, 0); });
}

TEST(CounterRandom, PermutationHoldsEveryIndexOnce) {
  const CounterRandom random(5, 0);
  std::vector<int64_t> order = random.permutation(1000);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order, CounterRandom(5, 0).permutation(1000));
  EXPECT_NE(order, CounterRandom(6, 0).permutation(1000));
  // The order is by key, so a permutation of fewer items keeps the relative order of the ones they share.
  std::vector<int64_t> shorter = order;
  std::erase_if(shorter, [](int64_t i) { return i >= 500; });
  EXPECT_EQ(random.permutation(500), shorter);
  std::sort(order.begin(), order.end());
  std::vector<int64_t> all(1000);
  std::iota(all.begin(), all.end(), int64_t{0});
  EXPECT_EQ(order, all);
  EXPECT_TRUE(random.permutation(0).empty());
}

TEST(CounterRandom, DoesNotDependOnTheNumberOfThreads) {
  const CounterRandom random(11, 4);
  std::vector<double> one(10'000), many(10'000);
  for (size_t i = 0; i < one.size(); ++i) one[i] = random.normal(i);
  set_threads(4);
  parallel_for(static_cast<int64_t>(many.size()), 100, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) many[static_cast<size_t>(i)] = random.normal(static_cast<uint64_t>(i));
  });
  set_threads(0);
  EXPECT_EQ(one, many);
}

TEST(IndexPermutation, VisitsEveryIndexOnceWhateverTheCount) {
  for (const int64_t n : {1, 2, 3, 4, 5, 16, 17, 1000, 65536, 65537}) {
    const IndexPermutation permutation(n, 3, 8);
    std::vector<bool> seen(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) {
      const int64_t to = permutation(i);
      ASSERT_TRUE(to >= 0 && to < n) << n;
      ASSERT_FALSE(seen[static_cast<size_t>(to)]) << n;
      seen[static_cast<size_t>(to)] = true;
    }
  }
}

TEST(IndexPermutation, MixesAndFollowsFromSeedAndStream) {
  constexpr int64_t kCount = 100'000;
  const IndexPermutation one(kCount, 3, 8), same(kCount, 3, 8), seed(kCount, 4, 8), stream(kCount, 3, 9);
  double product = 0, sum = 0;
  int64_t as_seed = 0, as_stream = 0, fixed = 0, neighbours = 0;
  for (int64_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(one(i), same(i));
    const double centred = static_cast<double>(one(i)) / kCount - 0.5;
    sum += centred;
    product += centred * (static_cast<double>(i) / kCount - 0.5);
    as_seed += one(i) == seed(i) ? 1 : 0;
    as_stream += one(i) == stream(i) ? 1 : 0;
    fixed += one(i) == i ? 1 : 0;
    if (i > 0) neighbours += std::abs(one(i) - one(i - 1)) == 1 ? 1 : 0;
  }
  EXPECT_NEAR(12 * product / kCount, 0.0, 4 / std::sqrt(kCount));  // correlation with the index
  // Poisson with mean 1, and 2 for neighbours.
  EXPECT_LT(as_seed, 12);
  EXPECT_LT(as_stream, 12);
  EXPECT_LT(fixed, 12);
  EXPECT_LT(neighbours, 15);
  EXPECT_NEAR(sum, -0.5, 1e-6);
}

}  // namespace
}  // namespace rift
