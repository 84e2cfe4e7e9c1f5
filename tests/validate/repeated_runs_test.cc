#include "rift/validate/repeated_runs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "rift/base/random.h"
#include "rift/metrics/auc.h"

namespace rift::validate {
namespace {

using Values = std::vector<double>;

struct Drawn {
  Values label, score, other, pd;
  std::vector<int64_t> row;
  Drawn(int64_t rows, uint64_t seed, int64_t first_row) {
    const CounterRandom random(seed, 1);
    for (uint64_t i = 0; i < static_cast<uint64_t>(rows); ++i) {
      score.push_back(random.normal(3 * i) - 1.0);
      pd.push_back(1.0 / (1.0 + std::exp(-score.back())));
      label.push_back(random.uniform(3 * i + 1) < pd.back() ? 1.0 : 0.0);
      other.push_back(score.back() + random.normal(3 * i + 2));
      row.push_back(first_row + static_cast<int64_t>(i));
    }
  }
  JudgedRun run(const Values& of_score, int64_t group = 0) const {
    return {.rows = {.label = label, .score = of_score, .probability = pd}, .row = row, .group = group};
  }
};

double half_width(const Evaluation& evaluation, std::string_view name) {
  const auto& value = *evaluation.find(name)->value;
  return (value.high - value.low) / 2.0;
}

TEST(RepeatedRuns, OneRunIsThePlainEvaluation) {
  const Drawn drawn(200, 1, 0);
  const JudgedRun run = drawn.run(drawn.score);
  EXPECT_EQ(to_json_text(to_json(evaluate_runs({&run, 1}, {.replicates = 50}))),
            to_json_text(to_json(evaluate(run.rows, {.replicates = 50}))));
}

TEST(RepeatedRuns, TheSameRunTwiceKnowsNoMoreThanOnce) {
  const Drawn drawn(300, 1, 0);
  const std::vector<JudgedRun> twice = {drawn.run(drawn.score, 0), drawn.run(drawn.score, 1)};
  const Evaluation once = evaluate(twice[0].rows, {.replicates = 100});
  const Evaluation both = evaluate_runs(twice, {.replicates = 100});
  EXPECT_EQ(both.rows, 300);
  for (const char* name : {"auc", "gini", "brier", "ks"}) {
    EXPECT_NEAR(both.find(name)->value->value, once.find(name)->value->value, 1e-12) << name;
    EXPECT_NEAR(half_width(both, name), half_width(once, name), 1e-12) << name;
  }
}

TEST(RepeatedRuns, FoldsOfOtherRowsNarrowTheIntervalAsIndependentMeans) {
  const Drawn first(400, 1, 0);
  const Drawn second(400, 2, 400);
  const std::vector<JudgedRun> folds = {first.run(first.score), second.run(second.score)};
  const Evaluation mean = evaluate_runs(folds, {.replicates = 200});
  EXPECT_EQ(mean.rows, 800);
  for (const char* name : {"auc", "brier"}) {
    const double a = half_width(evaluate(folds[0].rows, {.replicates = 200}), name);
    const double b = half_width(evaluate(folds[1].rows, {.replicates = 200}), name);
    EXPECT_NEAR(half_width(mean, name), std::sqrt(a * a + b * b) / 2.0, 0.05 * half_width(mean, name)) << name;
  }
}

TEST(RepeatedRuns, DifferenceIsThatOfTheMeans) {
  const Drawn drawn(300, 1, 0);
  const std::vector<JudgedRun> two_seeds = {drawn.run(drawn.score, 0), drawn.run(drawn.other, 1)};
  const std::vector<JudgedRun> one = {drawn.run(drawn.other)};
  const PairedDifference d = compare_runs(two_seeds, one);
  const double mean = (*metrics::auc(drawn.label, drawn.score) + *metrics::auc(drawn.label, drawn.other)) / 2.0;
  EXPECT_NEAR(*d.difference, mean - *metrics::auc(drawn.label, drawn.other), 1e-12);
  EXPECT_LT(d.noise->low, *d.difference);
  EXPECT_NEAR(*compare_runs(one, two_seeds).difference, -*d.difference, 1e-12);
}

TEST(RepeatedRuns, AFoldWithOneBadRowLeavesADifferenceWithoutNoise) {
  const Values label = {0, 1, 0, 0, 1, 0, 1, 1};  // the first fold has one bad row
  const Values better = {.1, .4, .2, .3, .4, .1, .3, .5};
  const Values worse = {.1, .2, .4, .3, .4, .1, .3, .5};
  const std::vector<int64_t> row = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto folds = [&](const Values& score) {
    const auto part = [&](size_t begin, size_t end) {
      const auto some = [&](const Values& all) { return std::span(all).subspan(begin, end - begin); };
      return JudgedRun{{.label = some(label), .score = some(score), .probability = some(score)},
                       std::span(row).subspan(begin, end - begin),
                       0};
    };
    return std::vector<JudgedRun>{part(0, 4), part(4, 8)};
  };
  const PairedDifference d = compare_runs(folds(better), folds(worse));
  EXPECT_NEAR(*d.difference, (1.0 - 1.0 / 3.0) / 2.0, 1e-12) << "first fold: 3 of 3 pairs against 1, second: equal";
  EXPECT_FALSE(d.noise.has_value());
}

TEST(RepeatedRuns, RegressionPairsRowsByTheirNumber) {
  const Values label = {1, 2, 3, 4};
  const Values exact = label;
  const Values off = {2, 3, 4, 5};
  const std::vector<int64_t> forward = {0, 1, 2, 3};
  const JudgedRows rows{.task = data::Task::kRegression, .label = label, .score = exact};
  JudgedRows poor = rows;
  poor.score = off;
  const std::vector<JudgedRun> a = {{rows, forward, 0}, {rows, forward, 1}};
  const std::vector<JudgedRun> b = {{poor, forward, 0}};
  EXPECT_DOUBLE_EQ(*compare_runs(a, b).difference, 1.0);
}

}  // namespace
}  // namespace rift::validate
