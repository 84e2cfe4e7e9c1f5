#include "rift/metrics/gains.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "rift/base/random.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/probability.h"

namespace rift::metrics {
namespace {

using Values = std::vector<double>;

ScoreCounts many_rows(int64_t rows) {
  const CounterRandom random(3, 3);
  Values label;
  Values score;
  for (int64_t i = 0; i < rows; ++i) {
    const auto k = static_cast<uint64_t>(i);
    label.push_back(random.uniform(2 * k) < 0.2 ? 1.0 : 0.0);
    score.push_back(random.normal(2 * k + 1) + label.back());
  }
  return count_scores(label, score);
}

TEST(EqualParts, WithoutTiesDifferByAtMostOneRow) {
  for (const int64_t rows : {10, 13, 99, 130}) {
    Values sizes(10);
    for (const int64_t part : equal_parts(Values(static_cast<size_t>(rows), 1.0), 10))
      ++sizes[static_cast<size_t>(part)];
    EXPECT_LE(*std::max_element(sizes.begin(), sizes.end()) - *std::min_element(sizes.begin(), sizes.end()), 1) << rows;
  }
}

TEST(EqualParts, ATiedGroupGoesWhereItsMiddleLies) {
  EXPECT_EQ(equal_parts(Values{1, 6, 1, 2}, 2), (std::vector<int64_t>{0, 0, 1, 1}));
  EXPECT_EQ(equal_parts(Values{100}, 10), (std::vector<int64_t>{5}));
  EXPECT_EQ(equal_parts(Values{0, 0}, 10), (std::vector<int64_t>{0, 0}));
}

TEST(GainsTable, OneClassHasNone) {
  EXPECT_TRUE(gains_table(count_scores(Values{1, 1}, Values{1, 2})).empty());
  EXPECT_TRUE(gains_table(count_scores(Values{}, Values{})).empty());
}

TEST(GainsTable, EndsWithEverybody) {
  const GainsBand last = gains_table(many_rows(997)).back();
  EXPECT_EQ(last.band, 10);
  EXPECT_DOUBLE_EQ(last.cumulative_bad_share, 1.0);
  EXPECT_DOUBLE_EQ(last.cumulative_good_share, 1.0);
  EXPECT_DOUBLE_EQ(last.cumulative_lift, 1.0);
}

TEST(ApprovedBadRate, ATiedGroupAtTheLimitCountsWithItsShare) {
  // Half of four rows: the safe one and a third of the tied three, one of which is bad.
  const ScoreCounts counts = count_scores(Values{0, 0, 1, 0}, Values{1, 2, 2, 2});
  EXPECT_DOUBLE_EQ(*approved_bad_rate(counts, 0.5), (1.0 / 3.0) / 2.0);
  EXPECT_FALSE(approved_bad_rate(count_scores(Values{}, Values{}), 0.5));
}

TEST(Roc, ADrawingKeepsEndsLimitAndArea) {
  const ScoreCounts counts = many_rows(5000);
  const std::vector<RocPoint> drawing = roc_points(counts, 100);
  EXPECT_LE(drawing.size(), 100u);
  EXPECT_GE(drawing.size(), 80u);
  EXPECT_EQ(drawing.front().false_positive_rate, 0.0);
  EXPECT_EQ(drawing.back().true_positive_rate, 1.0);
  double area = 0.0;
  for (size_t i = 1; i < drawing.size(); ++i) {
    EXPECT_GT(drawing[i - 1].cutoff, drawing[i].cutoff);
    area += (drawing[i].false_positive_rate - drawing[i - 1].false_positive_rate) *
            (drawing[i].true_positive_rate + drawing[i - 1].true_positive_rate) / 2.0;
  }
  EXPECT_NEAR(area, *auc(counts), 0.002);
}

TEST(Roc, AFewCornersAreKeptExactly) {
  const std::vector<RocPoint> drawing = roc_points(count_scores(Values{1, 1, 0, 0}, Values{4, 3, 2, 1}), 10);
  ASSERT_EQ(drawing.size(), 3u);
  EXPECT_EQ(drawing[1].true_positive_rate, 1.0);
  EXPECT_EQ(drawing[1].false_positive_rate, 0.0);
  EXPECT_EQ(drawing[1].cutoff, 3.0);
}

TEST(ScoreHistogram, EveryRowIsCountedOnceValuesOutsideInTheEndBins) {
  const ScoreCounts counts = count_scores(Values{0, 1, 0, 1, 0}, Values{-5, 0.5, 0.25, 1.0, 7});
  const ScoreHistogram histogram = score_histogram(counts, {.low = 0.0, .high = 1.0, .bins = 4});
  EXPECT_EQ(histogram.good, (Values{1, 1, 0, 1}));
  EXPECT_EQ(histogram.bad, (Values{0, 0, 1, 1}));
}

TEST(CalibrationBins, EqualCountBinsHoldEqualWeight) {
  Values label;
  Values pd;
  for (int i = 0; i < 100; ++i) {
    label.push_back(i % 3 == 0 ? 1.0 : 0.0);
    pd.push_back(0.2 * i / 100.0);  // equal width would put all into two bins
  }
  const CalibrationOptions options{.bins = 5, .rule = BinRule::kEqualCount};
  const auto bins = calibration_bins(label, pd, {}, options);
  ASSERT_EQ(bins.size(), 5u);
  for (const CalibrationBin& bin : bins) EXPECT_EQ(bin.rows, 20);
  // By hand: sum over bins of |sum of pd - number bad| / 100.
  double error = 0.0;
  for (int b = 0; b < 5; ++b) {
    double sum = 0.0;
    for (int i = 20 * b; i < 20 * b + 20; ++i) sum += pd[static_cast<size_t>(i)] - label[static_cast<size_t>(i)];
    error += std::abs(sum) / 100.0;
  }
  EXPECT_NEAR(*calibration_error(label, pd, {}, options), error, 1e-15);
}

TEST(CalibrationError, APerfectForecastHasNone) {
  EXPECT_EQ(*calibration_error(Values{0, 0, 1, 1}, Values{0, 0, 1, 1}), 0.0);
}

}  // namespace
}  // namespace rift::metrics
