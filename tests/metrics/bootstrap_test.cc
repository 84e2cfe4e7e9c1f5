#include "rift/metrics/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "rift/base/random.h"
#include "rift/base/threads.h"
#include "rift/metrics/holm.h"

namespace rift::metrics {
namespace {

using Values = std::vector<double>;

/// Weighted mean of `values` as the one figure of a replicate.
WeightedFigures mean_of(const Values& values) {
  return [&values](std::span<const double> weight, std::span<double> out) {
    out[0] = std::inner_product(values.begin(), values.end(), weight.begin(), 0.0) /
             std::accumulate(weight.begin(), weight.end(), 0.0);
  };
}

Values normal_values(int64_t rows, uint64_t seed) {
  const CounterRandom random(seed, 2);
  Values values;
  for (int64_t i = 0; i < rows; ++i) values.push_back(random.normal(static_cast<uint64_t>(i)));
  return values;
}

TEST(Bootstrap, SameNumbersOnAnyNumberOfThreads) {
  const Values values = normal_values(101, 1);
  set_threads(1);
  const Values alone = bootstrap_replicates({}, 101, 1, mean_of(values), {.replicates = 200});
  set_threads(3);
  const Values together = bootstrap_replicates({}, 101, 1, mean_of(values), {.replicates = 200});
  set_threads(0);
  EXPECT_EQ(alone, together);
}

TEST(Bootstrap, MoreReplicatesKeepTheFirstOnes) {
  const Values values = normal_values(30, 1);
  const Values few = bootstrap_replicates({}, 30, 1, mean_of(values), {.replicates = 100});
  Values many = bootstrap_replicates({}, 30, 1, mean_of(values), {.replicates = 150});
  many.resize(100);
  EXPECT_EQ(few, many);
}

TEST(Bootstrap, AnotherSeedDrawsOtherRows) {
  const Values values = normal_values(30, 1);
  EXPECT_NE(bootstrap_replicates({}, 30, 1, mean_of(values), {.replicates = 100, .seed = 1}),
            bootstrap_replicates({}, 30, 1, mean_of(values), {.replicates = 100, .seed = 2}));
}

TEST(Bootstrap, EachReplicateDrawsAsManyRowsAsThereAre) {
  const Values weight = {2, 2, 2, 2, 2};
  bootstrap_replicates(weight, 5, 1,
                       [](std::span<const double> drawn, std::span<double>) {
                         EXPECT_EQ(std::accumulate(drawn.begin(), drawn.end(), 0.0), 10.0);
                       },
                       {.replicates = 100});
}

TEST(Bootstrap, SpreadOfTheMeanIsItsStandardError) {
  const Values values = normal_values(400, 5);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 400;
  double variance = 0.0;
  for (const double v : values) variance += (v - mean) * (v - mean) / 400;
  const Values replicates = bootstrap_replicates({}, 400, 1, mean_of(values), {.replicates = 4000});
  const auto interval = percentile_interval(replicates, 0.95);
  const double half = 1.96 * std::sqrt(variance / 400);
  EXPECT_NEAR(interval->low, mean - half, 0.1 * half);
  EXPECT_NEAR(interval->high, mean + half, 0.1 * half);
}

TEST(Bootstrap, NoRowsGiveNoInterval) {
  const Values replicates = bootstrap_replicates({}, 0, 1, mean_of({}), {.replicates = 100});
  EXPECT_FALSE(percentile_interval(replicates, 0.95));
}

TEST(PercentileInterval, IsLinearBetweenOrderStatistics) {
  Values values(101);
  std::iota(values.begin(), values.end(), 0.0);
  EXPECT_NEAR(percentile_interval(values, 0.95)->low, 2.5, 1e-12);
  EXPECT_NEAR(percentile_interval(values, 0.95)->high, 97.5, 1e-12);
}

TEST(PercentileInterval, LeavesUndefinedReplicatesOutUntilTheyAreTheMost) {
  const double none = std::nan("");
  EXPECT_EQ(percentile_interval(Values{3, none, 3}, 0.95), (Interval{3, 3}));
  EXPECT_FALSE(percentile_interval(Values{none, none, 3}, 0.95));
}

TEST(BootstrapP, CountsTheSmallerSideTwiceWithOneMore) {
  Values differences(999, 1.0);
  EXPECT_DOUBLE_EQ(bootstrap_p(differences), 2.0 / 1000.0);
  std::fill(differences.begin(), differences.begin() + 24, -1.0);
  EXPECT_DOUBLE_EQ(bootstrap_p(differences), 2.0 * 25.0 / 1000.0);
  EXPECT_DOUBLE_EQ(bootstrap_p(Values(999, 0.0)), 1.0);
  EXPECT_DOUBLE_EQ(bootstrap_p(Values{}), 1.0);
}

TEST(ReplicateColumn, TakesEveryKthValue) {
  EXPECT_EQ(replicate_column(Values{1, 2, 3, 4, 5, 6}, 3, 1), (Values{2, 5}));
}

TEST(Holm, CorrectsInOrderOfSizeAndNeverDecreases) {
  // Holm (1979) by hand: .01*4, .02*3, max(.06, .03*2), max(.06, .04*1).
  const Values corrected = holm(Values{0.04, 0.01, 0.03, 0.02});
  EXPECT_DOUBLE_EQ(corrected[1], 0.04);
  EXPECT_DOUBLE_EQ(corrected[3], 0.06);
  EXPECT_DOUBLE_EQ(corrected[2], 0.06);
  EXPECT_DOUBLE_EQ(corrected[0], 0.06);
  EXPECT_DOUBLE_EQ(holm(Values{0.7, 0.8})[0], 1.0);
  EXPECT_TRUE(holm(Values{}).empty());
}

}  // namespace
}  // namespace rift::metrics
