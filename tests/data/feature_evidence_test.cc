#include "rift/data/feature_evidence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/random.h"

namespace rift::data {
namespace {

/// By the definition: over all pairs of a bad and a good row.
double auc_by_pairs(const std::vector<double>& values, const std::vector<double>& labels) {
  double wins = 0;
  double pairs = 0;
  for (size_t b = 0; b < values.size(); ++b) {
    for (size_t g = 0; g < values.size(); ++g) {
      if (labels[b] != 1.0 || labels[g] == 1.0 || std::isnan(values[b]) || std::isnan(values[g])) continue;
      pairs += 1;
      wins += values[b] > values[g] ? 1.0 : values[b] == values[g] ? 0.5 : 0.0;
    }
  }
  return wins / pairs;
}

std::vector<double> labels_of(size_t n, double bad_share) {
  const CounterRandom random(3, 1);
  std::vector<double> labels;
  for (size_t i = 0; i < n; ++i) labels.push_back(random.uniform(i) < bad_share ? 1.0 : 0.0);
  return labels;
}

Column texts(const std::vector<std::string>& values) {
  Texts column;
  for (const auto& value : values) {
    if (value.empty()) {
      column.append_missing();
    } else {
      column.append(value);
    }
  }
  return {.name = "t", .values = std::move(column)};
}

TEST(FeatureEvidence, RankAucIsTheShareOfPairsWithTiesHalf) {
  const CounterRandom random(1, 1);
  const auto labels = labels_of(300, 0.3);
  std::vector<double> values;
  for (size_t i = 0; i < 300; ++i)
    values.push_back(i % 17 == 0 ? NAN : std::floor(random.uniform(i) * 12.0) + labels[i]);
  EXPECT_NEAR(rank_auc(values, labels), auc_by_pairs(values, labels), 1e-12);
  EXPECT_EQ(rank_auc({}, {}), 0.5);
  EXPECT_EQ(rank_auc(std::vector<double>{1, 2}, std::vector<double>{1, 1}), 0.5);
}

TEST(FeatureEvidence, ManyCategoriesWithoutMeaningSayNothing) {
  const auto labels = labels_of(4000, 0.2);
  const CounterRandom random(2, 1);
  std::vector<std::string> noise;
  std::vector<std::string> telling;
  for (size_t i = 0; i < labels.size(); ++i) {
    noise.push_back("v" + std::to_string(random.below(i, 2000)));
    telling.push_back((labels[i] == 1.0 ? "b" : "g") + std::to_string(random.below(i, 20)));
  }
  EXPECT_NEAR(category_auc(texts(noise), labels), 0.5, 0.05);
  EXPECT_GT(category_auc(texts(telling), labels), 0.99);
}

TEST(FeatureEvidence, AnEventOfOneClassIsFoundByGapsAndByUsualValues) {
  const auto labels = labels_of(3000, 0.15);
  std::vector<std::string> settled;
  std::vector<double> recovered;
  for (size_t i = 0; i < labels.size(); ++i) {
    const bool event = labels[i] == 1.0 && i % 5 == 0;
    settled.push_back(event ? "S" + std::to_string(i) : "");
    recovered.push_back(event ? static_cast<double>(i) : 0.0);
  }
  const OneClassEvent by_gaps = one_class_event(texts(settled), labels);
  EXPECT_TRUE(by_gaps.found);
  EXPECT_TRUE(by_gaps.by_missing);
  EXPECT_EQ(by_gaps.share_good, 0.0);
  EXPECT_NEAR(by_gaps.share_bad, 0.2, 0.05);
  const OneClassEvent by_value = one_class_event({.name = "r", .values = Numbers{recovered}}, labels);
  EXPECT_TRUE(by_value.found);
  EXPECT_FALSE(by_value.by_missing);
}

TEST(FeatureEvidence, AStrongButHonestColumnIsNoEvent) {
  const auto labels = labels_of(3000, 0.15);
  const CounterRandom random(9, 1);
  std::vector<std::string> arrears;
  std::vector<std::string> spotless;
  for (size_t i = 0; i < labels.size(); ++i) {
    arrears.push_back(random.uniform(i) < (labels[i] == 1.0 ? 0.6 : 0.05) ? "late" : "");
    // Rare among many good rows: pure by chance.
    spotless.push_back(labels[i] == 0.0 && i % 60 == 0 ? "x" : "");
  }
  EXPECT_FALSE(one_class_event(texts(arrears), labels).found);
  EXPECT_FALSE(one_class_event(texts(spotless), labels).found);
}

}  // namespace
}  // namespace rift::data
