#include "rift/metrics/auc.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "rift/base/random.h"
#include "rift/metrics/ks.h"
#include "rift/metrics/precision_recall.h"

namespace rift::metrics {
namespace {

using Values = std::vector<double>;

struct Sample {
  Values label;
  Values score;
};

/// N rows, scores of bad rows higher by `shift`, rounded to `step` so that some are tied.
Sample sample(int64_t rows, uint64_t seed, double shift, double step) {
  const CounterRandom random(seed, 1);
  Sample made;
  for (int64_t i = 0; i < rows; ++i) {
    const auto k = static_cast<uint64_t>(i);
    made.label.push_back(random.uniform(3 * k) < 0.3 ? 1.0 : 0.0);
    made.score.push_back(std::round((random.normal(3 * k + 1) + shift * made.label.back()) / step) * step);
  }
  return made;
}

TEST(Auc, InfiniteScoresHaveTheirPlaceInTheRanking) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_DOUBLE_EQ(*auc(Values{0, 1, 0, 1}, Values{-inf, inf, 0.0, -1.0}), 0.75);
}

TEST(Auc, NegativeZeroTiesWithZero) { EXPECT_DOUBLE_EQ(*auc(Values{0, 1}, Values{-0.0, 0.0}), 0.5); }

TEST(Auc, AWholeWeightIsARepeatedRow) {
  const Sample rows = sample(50, 4, 1.0, 0.5);
  Sample repeated;
  Values weight;
  for (size_t i = 0; i < rows.label.size(); ++i) {
    weight.push_back(static_cast<double>(i % 3));
    for (size_t k = 0; k < i % 3; ++k) {
      repeated.label.push_back(rows.label[i]);
      repeated.score.push_back(rows.score[i]);
    }
  }
  EXPECT_NEAR(*auc(rows.label, rows.score, weight), *auc(repeated.label, repeated.score), 1e-14);
  EXPECT_NEAR(ks(rows.label, rows.score, weight)->value, ks(repeated.label, repeated.score)->value, 1e-14);
  EXPECT_NEAR(*average_precision(rows.label, rows.score, weight), *average_precision(repeated.label, repeated.score),
              1e-14);
}

TEST(Auc, OnlyTheOrderOfScoresCounts) {
  const Sample rows = sample(80, 5, 1.0, 0.25);
  Values squeezed(rows.score);
  for (double& s : squeezed) s = std::exp(s);
  EXPECT_EQ(*auc(rows.label, rows.score), *auc(rows.label, squeezed));
}

TEST(DeLong, ScaleOfTheWeightsDoesNotMatter) {
  const Sample rows = sample(60, 6, 0.8, 0.1);
  const Values seven(rows.label.size(), 7.0);
  EXPECT_NEAR(delong(rows.label, rows.score)->variance(), delong(rows.label, rows.score, seven)->variance(), 1e-16);
}

TEST(DeLong, RowsWithoutWeightChangeNothing) {
  Sample rows = sample(60, 7, 0.8, 0.1);
  const double before = delong(rows.label, rows.score)->variance();
  Values weight(rows.label.size(), 1.0);
  for (const double label : {0.0, 1.0, 1.0}) {
    rows.label.push_back(label);
    rows.score.push_back(0.5);
    weight.push_back(0.0);
  }
  EXPECT_NEAR(delong(rows.label, rows.score, weight)->variance(), before, 1e-16);
}

TEST(DeLong, IntervalCoversTheTruthAboutAsOftenAsItSays) {
  // Scores of good rows N(0, 1), of bad rows N(1, 1): the true AUC is Phi(1 / sqrt 2).
  const double truth = 0.5 * std::erfc(-0.5);
  int covered = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Sample rows = sample(200, 1000 + seed, 1.0, 1e-9);
    const Estimate interval = auc_interval(*delong(rows.label, rows.score));
    covered += interval.low <= truth && truth <= interval.high;
  }
  EXPECT_GE(covered, 365);  // 380 expected; 3.4 standard deviations
  EXPECT_LE(covered, 395);
}

TEST(DeLong, PerfectRankingHasAnIntervalOfOnePoint) {
  const auto model = delong(Values{0, 0, 1, 1}, Values{1, 2, 3, 4});
  EXPECT_EQ(auc_interval(*model), (Estimate{1.0, 1.0, 1.0}));
  EXPECT_EQ(gini_interval(*model), (Estimate{1.0, 1.0, 1.0}));
}

TEST(DeLong, OneRowOfAClassShowsNoSpread) {
  EXPECT_FALSE(delong(Values{0, 0, 1}, Values{1, 2, 3}));
  EXPECT_FALSE(delong(Values{0, 0, 1, 1}, Values{1, 2, 3, 4}, Values{1, 1, 1, 0}));
  EXPECT_FALSE(delong(Values{}, Values{}));
}

TEST(CompareAuc, AModelAgainstItselfIsNoDifference) {
  const Sample rows = sample(60, 8, 0.8, 0.1);
  const auto model = delong(rows.label, rows.score);
  const AucDifference same = compare_auc(*model, *model);
  EXPECT_EQ(same.difference, 0.0);
  EXPECT_EQ(same.standard_error, 0.0);
  EXPECT_EQ(same.p, 1.0);
}

TEST(CompareAuc, ADifferenceWithoutAnySpreadIsCertain) {
  const Values label = {0, 0, 1, 1};
  const auto right = delong(label, Values{1, 2, 3, 4});
  const auto wrong = delong(label, Values{4, 3, 2, 1});
  const AucDifference difference = compare_auc(*right, *wrong);
  EXPECT_EQ(difference.difference, 1.0);
  EXPECT_EQ(difference.p, 0.0);
  EXPECT_TRUE(std::isinf(difference.z));
}

TEST(CompareAuc, ExchangingTheModelsTurnsTheSign) {
  const Sample rows = sample(60, 9, 0.8, 0.1);
  const auto a = delong(rows.label, rows.score);
  const auto b = delong(rows.label, sample(60, 10, 0.0, 0.1).score);
  const AucDifference ab = compare_auc(*a, *b);
  const AucDifference ba = compare_auc(*b, *a);
  EXPECT_EQ(ab.difference, -ba.difference);
  EXPECT_EQ(ab.low, -ba.high);
  EXPECT_EQ(ab.p, ba.p);
}

TEST(Ks, TiedScoresShareOneThreshold) {
  // A cut inside the tied rows would reach 1.
  EXPECT_DOUBLE_EQ(ks(Values{0, 0, 1, 1}, Values{1, 2, 2, 3})->value, 0.5);
}

TEST(Ks, OfEquallyGoodCutOffsTheHighestIsNamed) {
  const auto distance = ks(Values{1, 0, 1, 0}, Values{4, 3, 2, 1});
  EXPECT_DOUBLE_EQ(distance->value, 0.5);
  EXPECT_DOUBLE_EQ(distance->cutoff, 4.0);
}

}  // namespace
}  // namespace rift::metrics
