#include "rift/validate/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cases/case_file.h"
#include "rift/base/error.h"
#include "rift/base/random.h"
#include "rift/base/threads.h"
#include "rift/metrics/auc.h"

namespace rift::validate {
namespace {

using cases::Case;
using cases::Values;

Values value_of(const JudgedRows& rows, const std::string& name) {
  const Evaluation evaluation = evaluate(rows, {.replicates = 0});
  const Figure* figure = evaluation.find(name);
  EXPECT_NE(figure, nullptr) << name;
  return figure != nullptr && figure->value ? Values{figure->value->value} : Values{};
}

/// Every case of the file whose expectations are figures of an evaluation; the others are metrics_test's.
void expect_evaluation(const std::string& file, const std::vector<std::pair<std::string, std::string>>& figures,
                       const std::function<Values(const Case&, const std::string&)>& value) {
  int64_t compared = 0;
  for (const Case& one : cases::read_cases(file)) {
    for (const auto& [key, name] : figures) {
      const auto expected = one.expect.find(key);
      if (expected == one.expect.end()) continue;
      SCOPED_TRACE(file + ": " + one.name + ": " + key);
      const Values got = value(one, name);
      ASSERT_EQ(got.size(), expected->second.size());
      for (size_t i = 0; i < got.size(); ++i) {
        const auto within = one.within.find(key);
        EXPECT_NEAR(got[i], expected->second[i], within != one.within.end() ? within->second : 1e-9);
      }
      ++compared;
    }
  }
  EXPECT_GE(compared, 20);
}

bool all_probabilities(const Values& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return v >= 0.0 && v <= 1.0; });
}

TEST(Evaluation, BinaryFiguresEqualScikitLearn) {
  expect_evaluation(
      "binary",
      {{"auc", "auc"},
       {"ks", "ks"},
       {"gini", "gini"},
       {"ap", "ap"},
       {"brier", "brier"},
       {"log_loss", "log_loss"},
       {"ece", "ece"},
       {"accuracy", "accuracy"},
       {"macro_f1", "macro_f1"},
       {"mcc", "mcc"}},
      [](const Case& one, const std::string& name) {
        const Values label = one.column("label");
        const Values score = one.column("score");
        const Values weight = one.column("weight");
        const Values half(label.size(), 0.5);
        return value_of(
            {.label = label, .weight = weight, .score = score, .probability = all_probabilities(score) ? score : half},
            name);
      });
}

TEST(Evaluation, FiguresOfSeveralClassesEqualScikitLearn) {
  expect_evaluation(
      "multiclass",
      {{"macro_auc", "auc"}, {"log_loss", "log_loss"}, {"brier", "brier"}, {"accuracy", "accuracy"}, {"ece", "ece"}},
      [](const Case& one, const std::string& name) {
        const Values label = one.column("label");
        const Values weight = one.column("weight");
        Values probability;
        for (size_t i = 0; i < label.size(); ++i) {
          for (const char* column : {"p0", "p1", "p2"}) probability.push_back(one.column(column)[i]);
        }
        return value_of({.task = data::Task::kMulticlass,
                         .classes = 3,
                         .label = label,
                         .weight = weight,
                         .probability = probability},
                        name);
      });
}

TEST(Evaluation, RegressionFiguresEqualScikitLearn) {
  expect_evaluation(
      "regression", {{"rmse", "rmse"}, {"mae", "mae"}, {"mean_error", "bias"}, {"r2", "r2"}},
      [](const Case& one, const std::string& name) {
        const Values label = one.column("label");
        const Values weight = one.column("weight");
        const Values prediction = one.column("prediction");
        return value_of({.task = data::Task::kRegression, .label = label, .weight = weight, .score = prediction}, name);
      });
}

/// Rows whose label is drawn with their own pd: calibrated by construction.
struct Drawn {
  Values label, score, pd;
  explicit Drawn(int64_t rows) {
    const CounterRandom random(7, 1);
    for (uint64_t i = 0; i < static_cast<uint64_t>(rows); ++i) {
      score.push_back(random.normal(2 * i) - 1.0);
      pd.push_back(1.0 / (1.0 + std::exp(-score.back())));
      label.push_back(random.uniform(2 * i + 1) < pd.back() ? 1.0 : 0.0);
    }
  }
  JudgedRows rows() const { return {.label = label, .score = score, .probability = pd}; }
};

TEST(Evaluation, KeysStandInTheirOrderWithIntervals) {
  const Drawn drawn(400);
  const Json json = to_json(evaluate(drawn.rows(), {.replicates = 200}));
  std::vector<std::string> keys;
  for (const auto& member : json.as_object()) keys.push_back(member.key);
  EXPECT_EQ(keys, (std::vector<std::string>{"rows", "auc", "ks", "gini", "ap", "brier", "log_loss", "ece", "accuracy",
                                            "macro_f1", "mcc"}));
  EXPECT_EQ(json.at("rows").as_int(), 400);
  for (const char* key : {"auc", "gini", "ap", "brier", "log_loss", "accuracy", "macro_f1", "mcc"}) {
    EXPECT_LT(json.at(key).at("low").as_double(), json.at(key).at("value").as_double()) << key;
    EXPECT_GT(json.at(key).at("high").as_double(), json.at(key).at("value").as_double()) << key;
  }
}

TEST(Evaluation, AucIntervalIsDeLongs) {
  const Drawn drawn(300);
  const auto expected = metrics::auc_interval(*metrics::delong(drawn.label, drawn.score));
  const Evaluation evaluation = evaluate(drawn.rows());
  EXPECT_DOUBLE_EQ(evaluation.find("auc")->value->low, expected.low);
  EXPECT_DOUBLE_EQ(evaluation.find("auc")->value->high, expected.high);
  EXPECT_NEAR(evaluation.find("gini")->value->low, 2.0 * expected.low - 1.0, 1e-12);
}

/// How often the interval of KS holds the true distance, of 100 draws of 300 rows, a fifth of them bad, whose scores
/// are normal and `shift` apart. The value itself must always lie inside.
int covered_of_100(double shift) {
  constexpr uint64_t kRows = 300;
  const double truth = std::erf(shift / (2.0 * std::sqrt(2.0)));  // 2 Phi(shift / 2) - 1
  const Values half(kRows, 0.5);
  Values label(kRows), score(kRows);
  int covered = 0;
  for (uint64_t draw = 0; draw < 100; ++draw) {
    const CounterRandom random(11, draw);
    for (uint64_t i = 0; i < kRows; ++i) {
      label[i] = i % 5 == 0 ? 1.0 : 0.0;
      score[i] = random.normal(i) + shift * label[i];
    }
    const auto ks =
        *evaluate({.label = label, .score = score, .probability = half}, {.replicates = 200}).find("ks")->value;
    EXPECT_LE(ks.low, ks.value);
    EXPECT_LE(ks.value, ks.high);
    EXPECT_GE(ks.low, 0.0);
    EXPECT_LE(ks.high, 1.0);
    covered += ks.low <= truth && truth <= ks.high ? 1 : 0;
  }
  return covered;
}

// The percentile interval covers the 0 of scores without skill never, and .383 about 70 times of 100.
TEST(Evaluation, TheIntervalOfKsHoldsTheTruth) {
  EXPECT_GE(covered_of_100(0.0), 92);
  EXPECT_GE(covered_of_100(0.3), 87);
  EXPECT_GE(covered_of_100(1.0), 85);
  EXPECT_GE(covered_of_100(2.0), 85);
}

TEST(Evaluation, TheIntervalOfAPerfectKsEndsAtOne) {
  const Values label = {0, 0, 0, 0, 1, 1, 1, 1};
  const Values score = {1, 2, 3, 4, 5, 6, 7, 8};
  const Values half(8, 0.5);
  const auto ks = *evaluate({.label = label, .score = score, .probability = half}).find("ks")->value;
  EXPECT_EQ(ks.value, 1.0);
  EXPECT_EQ(ks.high, 1.0);
}

// The bootstrap's standard error of a mean is its formula's: sd / sqrt(N), up to the noise of 2,000 replicates.
TEST(Evaluation, BootstrapIntervalOfAMeanHasTheWidthOfItsFormula) {
  const Drawn drawn(2000);
  Values squared;
  double mean = 0.0;
  for (size_t i = 0; i < drawn.label.size(); ++i) {
    squared.push_back((drawn.pd[i] - drawn.label[i]) * (drawn.pd[i] - drawn.label[i]));
    mean += squared.back() / 2000.0;
  }
  double variance = 0.0;
  for (const double value : squared) variance += (value - mean) * (value - mean) / 2000.0;
  const Evaluation evaluation = evaluate(drawn.rows(), {.replicates = 2000});
  const auto& brier = *evaluation.find("brier")->value;
  EXPECT_NEAR(brier.high - brier.low, 2.0 * 1.96 * std::sqrt(variance / 2000.0), 0.1 * (brier.high - brier.low));
}

TEST(Evaluation, SameBytesOnAnyNumberOfThreads) {
  const Drawn drawn(500);
  set_threads(1);
  const std::string one = to_json_text(to_json(evaluate(drawn.rows(), {.replicates = 100})));
  set_threads(2);
  EXPECT_EQ(to_json_text(to_json(evaluate(drawn.rows(), {.replicates = 100}))), one);
  set_threads(0);
}

TEST(Evaluation, WhatOneClassCannotSayIsNull) {
  const Values label(5, 0.0);
  const Values score = {1, 2, 3, 4, 5};
  const Values pd(5, 0.1);
  const Json json = to_json(evaluate({.label = label, .score = score, .probability = pd}));
  EXPECT_TRUE(json.at("auc").is_null());
  EXPECT_TRUE(json.at("ks").is_null());
  EXPECT_NEAR(json.at("brier").at("value").as_double(), 0.01, 1e-12);
  const Json none = to_json(evaluate({}));
  EXPECT_EQ(none.at("rows").as_int(), 0);
  EXPECT_TRUE(none.at("log_loss").is_null());
}

TEST(Evaluation, OneBadRowHasAnAucWithoutAnInterval) {
  const Values label = {0, 0, 1, 0};
  const Values score = {1, 2, 3, 4};
  const Values pd = {.1, .2, .3, .4};
  const Json json = to_json(evaluate({.label = label, .score = score, .probability = pd}));
  EXPECT_NEAR(json.at("auc").at("value").as_double(), 2.0 / 3.0, 1e-12);
  EXPECT_TRUE(json.at("auc").at("low").is_null());
}

TEST(Evaluation, RefusesAPdOutsideItsRangeByItsRow) {
  const Values label = {0, 1};
  const Values score = {1, 2};
  const Values pd = {.1, 1.5};
  try {
    evaluate({.label = label, .score = score, .probability = pd});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kData);
    EXPECT_EQ(error.message().find("1.5"), std::string::npos) << "a value of a row must not be shown";
  }
}

/// Columns of that letter, as p0, p1 and p2, as row-major values.
Values columns_of(const Case& one, char letter) {
  Values rows;
  const std::string first(1, letter);
  for (size_t i = 0; i < one.column(first + "0").size(); ++i) {
    for (const char* number : {"0", "1", "2"}) rows.push_back(one.column(first + number)[i]);
  }
  return rows;
}

TEST(Evaluation, FiguresOfOrderedClassesEqualScikitLearn) {
  for (const Case& one : cases::read_cases("ordinal")) {
    SCOPED_TRACE(one.name);
    const Values label = one.column("label"), weight = one.column("weight"), probability = columns_of(one, 'p');
    const JudgedRows rows{.task = data::Task::kOrdinal,
                          .classes = 3,
                          .label = label,
                          .weight = weight,
                          .score = {},
                          .probability = probability};
    for (const char* name : {"qwk", "rps"}) EXPECT_NEAR(value_of(rows, name)[0], one.expect.at(name)[0], 1e-9) << name;
  }
}

TEST(Evaluation, FiguresOfSeveralLabelsEqualScikitLearn) {
  for (const Case& one : cases::read_cases("multilabel")) {
    SCOPED_TRACE(one.name);
    const Values holds = columns_of(one, 'y'), weight = one.column("weight"), probability = columns_of(one, 'p');
    Values sets(holds.size() / 3);
    for (size_t at = 0; at < holds.size(); ++at) {
      if (holds[at] == 1.0) sets[at / 3] = data::with_label(sets[at / 3], static_cast<int64_t>(at % 3));
    }
    const JudgedRows rows{.task = data::Task::kMultilabel,
                          .classes = 3,
                          .label = sets,
                          .weight = weight,
                          .score = {},
                          .probability = probability};
    using Named = std::pair<const char*, const char*>;
    for (const auto& [name, key] : {Named{"auc", "macro_auc"}, Named{"log_loss", "log_loss"},
                                    Named{"accuracy", "exact_match"}, Named{"micro_f1", "micro_f1"}}) {
      EXPECT_EQ(value_of(rows, name).empty(), one.expect.at(key).empty()) << name;
      if (one.expect.at(key).empty()) continue;
      EXPECT_NEAR(value_of(rows, name)[0], one.expect.at(key)[0], 1e-9) << name;
    }
  }
}

TEST(Evaluation, QuantilesAndFamiliesHaveFiguresOfTheirOwn) {
  const Values label = {1, 2, 6, 4}, point = {1.5, 2, 5, 5}, levels = {0.1, 0.9};
  const Values quantiles = {0.5, 2, 1, 2.5, 3, 5, 4, 6};
  JudgedRows rows{.task = data::Task::kRegression,
                  .classes = 0,
                  .label = label,
                  .weight = {},
                  .score = point,
                  .probability = {},
                  .quantiles = quantiles,
                  .levels = levels};
  EXPECT_EQ(value_of(rows, "coverage")[0], 0.75);  // 6 lies above [3, 5], 4 on the edge of [4, 6]
  EXPECT_NEAR(value_of(rows, "pinball")[0], ((0.05 + 0.1) + (0.1 + 0.05) + (0.3 + 0.9) + (0.0 + 0.2)) / 8.0, 1e-12);
  rows.levels = {};
  rows.quantiles = {};
  EXPECT_EQ(evaluate(rows, {.replicates = 0}).find("pinball"), nullptr);
  EXPECT_EQ(evaluate(rows, {.replicates = 0}).find("deviance"), nullptr);
  rows.variance_power = 2.0;
  double deviance = 0.0;  // of gamma
  for (size_t i = 0; i < 4; ++i) deviance += 2.0 * (std::log(point[i] / label[i]) + label[i] / point[i] - 1.0) / 4.0;
  EXPECT_NEAR(value_of(rows, "deviance")[0], deviance, 1e-12);
}

}  // namespace
}  // namespace rift::validate
