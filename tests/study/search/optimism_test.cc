#include "rift/study/search/optimism.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/random.h"
#include "rift/study/search/metrics.h"

namespace rift::study {
namespace {

constexpr int64_t kRows = 200;

/// Every third row is bad.
data::Dataset rows() {
  data::Dataset dataset;
  dataset.schema.class_names = {"good", "bad"};
  for (int64_t row = 0; row < kRows; ++row) dataset.label.push_back(row % 3 == 0 ? 1.0 : 0.0);
  dataset.table.rows = kRows;
  return dataset;
}

/// Log-odds that are noise but for `skill` times the label.
std::vector<ScoredFigures> models(const data::Dataset& dataset, int64_t count, double skill) {
  std::vector<int64_t> all;
  for (int64_t row = 0; row < kRows; ++row) all.push_back(row);
  std::vector<ScoredFigures> scored;
  for (int64_t m = 0; m < count; ++m) {
    const CounterRandom random(7, static_cast<uint64_t>(m));
    score::RawScores raw{.rows = kRows};
    for (int64_t row = 0; row < kRows; ++row) {
      raw.values.push_back(random.normal(static_cast<uint64_t>(row)) + skill * dataset.label[static_cast<size_t>(row)]);
    }
    scored.emplace_back(dataset, all, raw);
  }
  return scored;
}

std::optional<Optimism> optimism(const std::vector<ScoredFigures>& trials, const SearchMetric& metric) {
  size_t best = 0;
  for (size_t t = 1; t < trials.size(); ++t) {
    const auto loss = [&](size_t at) { return search::as_loss(trials[at].value(metric.name), metric.direction); };
    if (loss(t) < loss(best)) best = t;
  }
  return optimism_of(trials, best, kRows, metric);
}

SearchMetric metric(const char* name) {
  return search_metrics(data::Task::kBinary, {}, {.name = name, .second = ""}).front();
}

// The deviation of an AUC of noise on 67 bad and 133 good rows is sqrt((67 + 133 + 1) / (12 * 67 * 133)) = .0434; the
// best of 40 lies 2.16 of them above .5 on average.
TEST(Optimism, OfTheBestOfModelsThatKnowNothingIsAllOfItsLead) {
  const data::Dataset dataset = rows();
  const auto found = optimism(models(dataset, 40, 0.0), metric("auc"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->trials, 40);
  EXPECT_GT(found->apparent, 0.55);
  EXPECT_NEAR(found->corrected, 0.5, 0.035);
  EXPECT_NEAR(found->optimism, found->apparent - found->corrected, 1e-12);
  EXPECT_LT(found->low, found->corrected);
  EXPECT_GT(found->high, found->corrected);
}

TEST(Optimism, OfOneModelIsNone) {
  const data::Dataset dataset = rows();
  const auto found = optimism(models(dataset, 1, 1.0), metric("auc"));
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->optimism, 0.0, 0.01);
}

TEST(Optimism, IsPositiveWhereLessIsBetterToo) {
  const data::Dataset dataset = rows();
  const auto found = optimism(models(dataset, 40, 0.0), metric("brier"));
  ASSERT_TRUE(found);
  EXPECT_LT(found->apparent, found->corrected);
  EXPECT_GT(found->optimism, 0.005);
}

TEST(Optimism, IsNotKnownOfTheLossOrOfNothing) {
  const data::Dataset dataset = rows();
  EXPECT_FALSE(optimism_of(models(dataset, 3, 0.0), 0, kRows, metric("loss")));
  EXPECT_FALSE(optimism_of({}, 0, kRows, metric("auc")));
}

TEST(ScoredFigures, CountsMultiplyTheRowsWeights) {
  data::Dataset dataset = rows();
  const std::vector<ScoredFigures> plain = models(dataset, 1, 1.0);
  std::vector<double> times;
  for (int64_t row = 0; row < kRows; ++row) times.push_back(static_cast<double>(row % 4));
  dataset.weight = times;
  const std::vector<ScoredFigures> weighted = models(dataset, 1, 1.0);
  EXPECT_NE(plain[0].value("auc"), plain[0].value("auc", times));
  EXPECT_EQ(plain[0].value("auc", times), weighted[0].value("auc"));
}

}  // namespace
}  // namespace rift::study
