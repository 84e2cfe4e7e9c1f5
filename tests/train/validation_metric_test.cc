#include "rift/train/validation_metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/failure.h"

namespace rift::train {
namespace {

using test::failure;
using testing::HasSubstr;

const ValidationRows kBinary = {data::Task::kBinary, 2, {0, 0, 1, 1}, {}};
const ValidationRows kOneClass = {data::Task::kBinary, 2, {0, 0, 0}, {}};
const ValidationRows kClasses = {data::Task::kMulticlass, 3, {0, 1, 2, 2}, {}};
const ValidationRows kAmounts = {data::Task::kRegression, 0, {1.5, 2.5}, {}};

TEST(StopMetric, FollowsTheTask) {
  EXPECT_EQ(resolve_stop_metric(StopMetric::kAutomatic, kBinary), StopMetric::kAuc);
  EXPECT_EQ(resolve_stop_metric(StopMetric::kAutomatic, kOneClass), StopMetric::kLogLoss);
  EXPECT_EQ(resolve_stop_metric(StopMetric::kAutomatic, kClasses), StopMetric::kLogLoss);
  EXPECT_EQ(resolve_stop_metric(StopMetric::kAutomatic, kAmounts), StopMetric::kLoss);
  EXPECT_EQ(resolve_stop_metric(StopMetric::kMacroF1, kBinary), StopMetric::kMacroF1);
}

TEST(StopMetric, WhatTheTaskDoesNotHaveIsRefused) {
  EXPECT_THAT(failure([] { resolve_stop_metric(StopMetric::kAuc, kAmounts); }),
              testing::AllOf(testing::StartsWith("configuration"), HasSubstr("'auc' does not fit a regression")));
  EXPECT_THAT(failure([] { resolve_stop_metric(StopMetric::kAuc, kOneClass); }), HasSubstr("one class"));
}

TEST(Judge, BinaryFiguresComeFromLogOdds) {
  // scores of the bad rows: -1 and 2, of the good ones: -2 and 0: three of four pairs in order
  const std::vector<double> raw = {-2, 0, -1, 2};
  const Evaluation evaluation = judge(kBinary, raw, 0.25, StopMetric::kAuc);
  EXPECT_EQ(evaluation.metric, "auc");
  EXPECT_TRUE(evaluation.higher_is_better);
  EXPECT_DOUBLE_EQ(evaluation.value, 0.75);
  EXPECT_DOUBLE_EQ(evaluation.figures.at("loss").as_double(), 0.25);
  EXPECT_DOUBLE_EQ(evaluation.figures.at("accuracy").as_double(), 0.5);  // a pd of .5 is called bad
}

TEST(Judge, ClassFiguresComeFromLogits) {
  const std::vector<double> raw = {2, 0, 0, 0, 2, 0, 0, 0, 2, 2, 0, 0};
  const Evaluation evaluation = judge(kClasses, raw, 1.0, StopMetric::kLogLoss);
  EXPECT_FALSE(evaluation.higher_is_better);
  EXPECT_DOUBLE_EQ(evaluation.figures.at("accuracy").as_double(), 0.75);
  const double right = std::log(std::exp(2.0) + 2) - 2;
  EXPECT_NEAR(evaluation.value, (3 * right + right + 2) / 4, 1e-12);
}

TEST(Judge, UndefinedFiguresAreNull) {
  const std::vector<double> raw = {-1, 0, 1};
  const Evaluation evaluation = judge(kOneClass, raw, 0.5, StopMetric::kLogLoss);
  EXPECT_TRUE(evaluation.figures.at("auc").is_null());
}

TEST(Judge, ARegressionHasItsLoss) {
  const std::vector<double> raw = {1, 2};
  const Evaluation evaluation = judge(kAmounts, raw, 0.125, StopMetric::kLoss);
  EXPECT_DOUBLE_EQ(evaluation.value, 0.125);
  EXPECT_EQ(evaluation.figures.size(), 1u);
}

}  // namespace
}  // namespace rift::train
