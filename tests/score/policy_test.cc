#include "rift/score/policy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/failure.h"

namespace rift::score {
namespace {

TEST(Points, PdoDoublesTheOddsAndBaseOddsHaveBasePoints) {
  const PointsOptions points;
  EXPECT_NEAR(points.points(1.0 / 51), 600, 1e-9);   // 50 : 1
  EXPECT_NEAR(points.points(1.0 / 101), 620, 1e-9);  // 100 : 1
  EXPECT_NEAR(points.points(1.0 / 26), 580, 1e-9);
  EXPECT_TRUE(std::isfinite(points.points(0.0)) && std::isfinite(points.points(1.0)));
  const PointsOptions other{.base = 500, .base_odds = 1, .pdo = 50};
  EXPECT_NEAR(other.points(0.5), 500, 1e-12);
  EXPECT_NEAR(other.points(0.2), 600, 1e-9);
}

TEST(Decision, LimitsBelongToTheWorseSide) {
  const PolicyOptions policy{.approve_below = 0.1, .refuse_from = 0.2};
  EXPECT_EQ(decision(policy, 0.0999), "approve");
  EXPECT_EQ(decision(policy, 0.1), "review");
  EXPECT_EQ(decision(policy, 0.1999), "review");
  EXPECT_EQ(decision(policy, 0.2), "refuse");
  const PolicyOptions one_limit{.approve_below = 0.1, .refuse_from = 0.1};
  EXPECT_EQ(decision(one_limit, 0.1), "refuse");
}

TEST(Decision, LimitsMustBeSetAndInOrder) {
  test::message_of(Code::kBug, [] { decision(PolicyOptions{}, 0.1); });
  const auto read = [](std::string_view text) {
    PolicyOptions policy;
    read_options(parse_yaml(text, "run.yaml"), "run.yaml", policy, "policy");
  };
  read("{approve_below: 0.1, refuse_from: 0.1}");
  read("{approve_below: 0.9}");
  EXPECT_NE(
      test::message_of(Code::kConfig, [&] { read("{approve_below: 0.3, refuse_from: 0.2}"); }).find("refuse_from"),
      std::string::npos);
}

std::vector<std::string> names(const data::Table& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  return names;
}

TEST(DecisionTable, BinaryHasScorePdPointsAndDecision) {
  data::Schema schema;
  schema.class_names = {"good", "bad"};
  const RawScores raw{2, 1, {-3.0, 1.0}};
  const PolicyOptions policy{.approve_below = 0.2, .refuse_from = 0.5};
  const auto table = decision_table(schema, {"a", "b"}, raw, Calibrator::identity(data::Task::kBinary), policy);
  EXPECT_EQ(names(table), (std::vector<std::string>{"id", "score", "pd", "points", "decision"}));
  EXPECT_EQ(table.rows, 2);
  EXPECT_EQ(table.at("id").texts().get(1), "b");
  EXPECT_DOUBLE_EQ(table.at("score").numbers()[0], 0.04742587317756678);  // 1 / (1 + e^3)
  EXPECT_EQ(table.at("points").numbers(), (std::vector<double>{574, 458})) << "573.68 and 458.26, not cut to 573";
  EXPECT_EQ(table.at("decision").texts().get(0), "approve");
  EXPECT_EQ(table.at("decision").texts().get(1), "refuse");
}

TEST(DecisionTable, ClassesHaveScoresAndProbabilities) {
  data::Schema schema;
  schema.task = data::Task::kMulticlass;
  schema.class_names = {"negative", "neutral", "positive"};
  const RawScores raw{1, 3, {0.0, std::log(2.0), 0.0}};
  const auto calibrator = Calibrator::from_json(parse_json(R"({"task": "multiclass", "method": "temperature",
      "slope": 2.0})",
                                                           "test"));
  const auto table = decision_table(schema, {"7"}, raw, calibrator, {});
  EXPECT_EQ(names(table), (std::vector<std::string>{"id", "predicted", "score_negative", "score_neutral",
                                                    "score_positive", "p_negative", "p_neutral", "p_positive"}));
  EXPECT_EQ(table.at("predicted").texts().get(0), "neutral");
  EXPECT_NEAR(table.at("score_neutral").numbers()[0], 0.5, 1e-15);
  EXPECT_NEAR(table.at("p_neutral").numbers()[0], 4.0 / 6, 1e-15);
}

TEST(DecisionTable, RegressionHasAPrediction) {
  data::Schema schema;
  schema.task = data::Task::kRegression;
  const auto table =
      decision_table(schema, {"0", "1"}, {2, 1, {3.5, -1}}, Calibrator::identity(data::Task::kRegression), {});
  EXPECT_EQ(names(table), (std::vector<std::string>{"id", "prediction"}));
  EXPECT_EQ(table.at("prediction").numbers(), (std::vector<double>{3.5, -1}));
}

}  // namespace
}  // namespace rift::score
