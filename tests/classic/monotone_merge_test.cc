#include "rift/classic/monotone_merge.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/random.h"

namespace rift::classic {
namespace {

Counts sum(std::span<const Counts> bins) {
  Counts total;
  for (const Counts& bin : bins) total += bin;
  return total;
}

double value_of(std::span<const Counts> bins, std::span<const size_t> ends, const Counts& sample, double smoothing) {
  double value = 0.0;
  size_t from = 0;
  for (size_t to : ends) {
    value += information_value(sum(bins.subspan(from, to - from)), sample, smoothing);
    from = to;
  }
  return value;
}

std::vector<double> rates(std::span<const Counts> bins, std::span<const size_t> ends) {
  std::vector<double> found;
  size_t from = 0;
  for (size_t to : ends) {
    const Counts bin = sum(bins.subspan(from, to - from));
    found.push_back(bin.bad / bin.total());
    from = to;
  }
  return found;
}

int turns(const std::vector<double>& rates, int first_direction) {
  int count = 0, direction = first_direction;
  for (size_t i = 1; i < rates.size(); ++i) {
    const int now = rates[i] > rates[i - 1] ? 1 : -1;
    if (now != direction) ++count;
    direction = now;
  }
  return count;
}

bool allowed(const std::vector<double>& rates, Trend trend) {
  switch (trend) {
    case Trend::kAscending:
      return turns(rates, 1) == 0;
    case Trend::kDescending:
      return turns(rates, -1) == 0;
    case Trend::kPeak:
      return turns(rates, 1) <= 1;
    case Trend::kValley:
      return turns(rates, -1) <= 1;
    case Trend::kMonotone:
      return allowed(rates, Trend::kAscending) || allowed(rates, Trend::kDescending);
    default:
      return true;
  }
}

/// The answer by trying every way to cut.
double best_by_trying(std::span<const Counts> bins, const MergeOptions& options) {
  double best = -1.0;
  const size_t n = bins.size();
  for (uint32_t cuts = 0; cuts < (1u << (n - 1)); ++cuts) {
    std::vector<size_t> ends;
    for (size_t i = 0; i + 1 < n; ++i)
      if (cuts >> i & 1u) ends.push_back(i + 1);
    ends.push_back(n);
    if (ends.size() > static_cast<size_t>(options.max_bins)) continue;
    bool fits = allowed(rates(bins, ends), options.trend);
    size_t from = 0;
    for (size_t to : ends) {
      fits = fits && sum(bins.subspan(from, to - from)).total() >= options.min_weight;
      from = to;
    }
    if (fits) best = std::max(best, value_of(bins, ends, sum(bins), options.smoothing));
  }
  return best;
}

TEST(WeightOfEvidence, HandComputed) {
  // 30 of 200 goods, 20 of 50 bads: ln((30/200) / (20/50)) = ln(.375); smoothing of 5 rows adds 4 and 1.
  EXPECT_NEAR(weight_of_evidence({30, 20}, {200, 50}, 1e-12), std::log(0.375), 1e-12);
  EXPECT_NEAR(weight_of_evidence({30, 20}, {200, 50}, 5.0), std::log(34.0 / 21.0 / 4.0), 1e-12);
  EXPECT_NEAR(information_value({30, 20}, {200, 50}, 1e-12), (0.15 - 0.4) * std::log(0.375), 1e-12);
}

TEST(WeightOfEvidence, EmptyBinIsNeutralAndPureBinIsFinite) {
  EXPECT_NEAR(weight_of_evidence({0, 0}, {70, 30}, 1.0), 0.0, 1e-15);
  EXPECT_NEAR(weight_of_evidence({10, 0}, {70, 30}, 1.0), std::log(10.7 / 0.3 * 30 / 70), 1e-12);
}

TEST(MergeBins, MonotoneDataStaysWhole) {
  const std::vector<Counts> bins = {{90, 10}, {80, 20}, {60, 40}, {30, 70}};
  EXPECT_EQ(merge_bins(bins, sum(bins), {}), (std::vector<size_t>{1, 2, 3, 4}));
  EXPECT_EQ(merge_bins(bins, sum(bins), {.trend = Trend::kDescending}), std::vector<size_t>{4});
}

TEST(MergeBins, ViolationIsPooled) {
  const std::vector<Counts> bins = {{90, 10}, {60, 40}, {65, 35}, {30, 70}};
  EXPECT_EQ(merge_bins(bins, sum(bins), {}), (std::vector<size_t>{1, 3, 4}));
}

TEST(MergeBins, SmallBinJoinsANeighbour) {
  const std::vector<Counts> bins = {{90, 10}, {3, 2}, {50, 50}};
  const auto ends = merge_bins(bins, sum(bins), {.min_weight = 20});
  EXPECT_EQ(ends.size(), 2u);
  EXPECT_EQ(merge_bins(bins, sum(bins), {.min_weight = 1000}), std::vector<size_t>{3});
}

TEST(MergeBins, EqualRatesAreOneBin) {
  const std::vector<Counts> bins = {{10, 10}, {20, 20}, {5, 5}};
  EXPECT_EQ(merge_bins(bins, sum(bins), {.trend = Trend::kFree}), std::vector<size_t>{3});
}

TEST(MergeBins, NeighboursMustDifferAtTheLevelAsked) {
  const std::vector<Counts> bins = {{50, 50}, {48, 52}, {10, 90}};
  EXPECT_EQ(merge_bins(bins, sum(bins), {.max_p_value = 0.05}).size(), 2u);
  EXPECT_EQ(merge_bins(bins, sum(bins), {}).size(), 3u);
}

TEST(MergeBins, RowsOutsideTheBinsCountInTheSample) {
  const std::vector<Counts> bins = {{90, 10}, {50, 50}};
  EXPECT_EQ(merge_bins(bins, {1000, 900}, {}), (std::vector<size_t>{1, 2}));
}

class MergeTrend : public testing::TestWithParam<Trend> {};

TEST_P(MergeTrend, EqualsTryingEveryCut) {
  for (uint64_t draw = 0; draw < 60; ++draw) {
    const CounterRandom random(draw, 1);
    std::vector<Counts> bins;
    for (uint64_t i = 0; i < 9; ++i)
      bins.push_back(
          {1.0 + static_cast<double>(random.below(2 * i, 40)), 1.0 + static_cast<double>(random.below(2 * i + 1, 40))});
    const MergeOptions options = {
        .trend = GetParam(), .max_bins = 2 + static_cast<int64_t>(draw % 5), .min_weight = draw % 2 ? 30.0 : 0.0};
    const auto ends = merge_bins(bins, sum(bins), options);
    EXPECT_LE(static_cast<int64_t>(ends.size()), options.max_bins);
    EXPECT_TRUE(allowed(rates(bins, ends), GetParam())) << "draw " << draw;
    EXPECT_NEAR(value_of(bins, ends, sum(bins), options.smoothing), best_by_trying(bins, options), 1e-9)
        << "draw " << draw;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, MergeTrend,
                         testing::Values(Trend::kMonotone, Trend::kAscending, Trend::kDescending, Trend::kPeak,
                                         Trend::kValley, Trend::kFree));

}  // namespace
}  // namespace rift::classic
