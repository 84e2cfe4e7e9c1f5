#include "rift/score/precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rift/base/log_odds.h"
#include "support/failure.h"

namespace rift::score {
namespace {

using test::message_of;
using testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

MeasuredRows rows_of(data::Task task, std::vector<double> label) {
  return {.task = task, .rows_from = "validation", .label = std::move(label), .weight = {}};
}

/// Within every bound.
PrecisionChange harmless() {
  return {.precision = Precision::kInt8,
          .rows_from = "validation",
          .rows = 400,
          .metric = "auc",
          .f32 = 0.7123,
          .changed = 0.7118,
          .mean = 0.001,
          .largest = 0.01};
}

TEST(PrecisionChange, OfTwoClassesIsThatOfAucAndOfProbabilities) {
  const RawScores f32{4, 1, {-1.0, 0.0, 1.0, 2.0}};
  const RawScores changed{4, 1, {-1.0, 1.5, 1.0, 2.0}};
  const PrecisionChange change =
      measure_change(rows_of(data::Task::kBinary, {0, 0, 1, 1}), f32, Precision::kBf16, changed);
  EXPECT_EQ(change.precision, Precision::kBf16);
  EXPECT_EQ(change.metric, "auc");
  EXPECT_EQ(change.rows, 4);
  EXPECT_DOUBLE_EQ(change.f32.value(), 1.0);
  EXPECT_DOUBLE_EQ(change.changed.value(), 0.75);
  EXPECT_NEAR(change.largest, sigmoid(1.5) - 0.5, 1e-12);
  EXPECT_NEAR(change.mean, change.largest / 4, 1e-12);
}

TEST(PrecisionChange, OfRowsOfOneClassHasNoAucButItsScoresCount) {
  const RawScores f32{2, 1, {0.0, 0.0}}, changed{2, 1, {4.0, 0.0}};
  const PrecisionChange change = measure_change(rows_of(data::Task::kBinary, {0, 0}), f32, Precision::kInt8, changed);
  EXPECT_FALSE(change.f32 || change.changed);
  EXPECT_THAT(beyond_bounds(change), HasSubstr("scores move on average by 0.24, more than 0.005"));
}

TEST(PrecisionChange, OfSeveralClassesIsThatOfLogLossAndOfEveryProbability) {
  const RawScores f32{1, 3, {0.0, 0.0, 0.0}}, changed{1, 3, {std::log(2.0), 0.0, 0.0}};
  const PrecisionChange change = measure_change(rows_of(data::Task::kMulticlass, {1}), f32, Precision::kInt8, changed);
  EXPECT_EQ(change.metric, "log_loss");
  EXPECT_NEAR(change.f32.value(), std::log(3.0), 1e-12);
  EXPECT_NEAR(change.changed.value(), std::log(4.0), 1e-12);
  EXPECT_NEAR(change.largest, 0.5 - 1.0 / 3, 1e-12);
  EXPECT_NEAR(change.mean, (0.5 - 1.0 / 3 + 2 * (1.0 / 3 - 0.25)) / 3, 1e-12);
}

TEST(PrecisionChange, OfAmountsIsMeasuredInDeviationsOfTheLabels) {
  const RawScores f32{2, 1, {1000.0, 3000.0}}, changed{2, 1, {1000.0, 3500.0}};
  const PrecisionChange change =
      measure_change(rows_of(data::Task::kRegression, {1000, 3000}), f32, Precision::kInt8, changed);
  EXPECT_EQ(change.metric, "rmse");
  EXPECT_NEAR(change.changed.value(), 500 / std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(change.largest, 0.5, 1e-12);  // labels lie 1000 from their mean
}

TEST(PrecisionChange, IsBeyondABoundByWhicheverFigureIs) {
  EXPECT_EQ(beyond_bounds(harmless()), "");
  PrecisionChange change = harmless();
  change.changed = 0.7102;
  EXPECT_EQ(beyond_bounds(change), "auc falls by 0.0021, more than 0.002");
  change.changed = 0.8;
  EXPECT_EQ(beyond_bounds(change), "");
  change.mean = 0.006;
  EXPECT_EQ(beyond_bounds(change), "scores move on average by 0.006, more than 0.005");
  change = harmless();
  change.largest = 0.06;
  EXPECT_EQ(beyond_bounds(change), "one score moves by 0.06, more than 0.05");
  change = harmless();
  change.metric = "log_loss";
  change.changed = 0.7180;
  EXPECT_EQ(beyond_bounds(change), "log_loss rises by 0.0057, more than 0.005");
  change.metric = "rmse";
  change.f32 = 5000;
  change.changed = 5011;
  EXPECT_EQ(beyond_bounds(change), "rmse rises by 0.0022, more than 0.002");
}

TEST(PrecisionChange, ToAScoreThatIsNoNumberIsBeyondEveryBound) {
  const RawScores f32{2, 1, {0.0, 1.0}}, changed{2, 1, {std::nan(""), 1.0}};
  const PrecisionChange change = measure_change(rows_of(data::Task::kBinary, {0, 1}), f32, Precision::kInt8, changed);
  EXPECT_EQ(change.largest, kInfinity);
  EXPECT_NE(beyond_bounds(change), "");
  EXPECT_NE(beyond_bounds(precision_changes_from_json(to_json({change})).front()), "");
}

TEST(PrecisionChange, OfNoRowsIsNotMeasured) {
  message_of(Code::kBug, [] { measure_change(rows_of(data::Task::kBinary, {}), {}, Precision::kInt8, {}); });
}

TEST(PrecisionChange, SurvivesJsonAndNamesOfLaterVersionsAreLeftOut) {
  PrecisionChange other = harmless();
  other.precision = Precision::kBf16;
  other.f32 = other.changed = std::nullopt;
  Json json = to_json({harmless(), other});
  EXPECT_EQ(precision_changes_from_json(json), (std::vector{harmless(), other}));
  json.as_array()[0]["precision"] = "int4";
  EXPECT_EQ(precision_changes_from_json(json), std::vector{other});
}

TEST(Precision, IsRefusedUnmeasuredOrBeyondTheBoundsWithFiguresAndNextStep) {
  EXPECT_EQ(require_within_bounds({harmless()}, Precision::kInt8), harmless());
  const std::string unmeasured =
      message_of(Code::kUnsupported, [] { require_within_bounds({harmless()}, Precision::kBf16); });
  EXPECT_THAT(unmeasured, HasSubstr("--precision bf16"));
  EXPECT_THAT(unmeasured, HasSubstr("'rift evaluate PACKAGE DATA --precision bf16' shows it on labelled rows"));
  EXPECT_THAT(unmeasured, HasSubstr("rift train"));
  PrecisionChange far = harmless();
  far.changed = 0.6;
  const std::string refused = message_of(Code::kUnsupported, [&] { require_within_bounds({far}, Precision::kInt8); });
  EXPECT_EQ(refused,
            "--precision int8: refused, auc falls by 0.11, more than 0.002 (auc 0.71230 -> 0.60000, scores by 0.001 on "
            "average and 0.01 at most, on 400 validation rows); leave --precision at f32");
}

}  // namespace
}  // namespace rift::score
