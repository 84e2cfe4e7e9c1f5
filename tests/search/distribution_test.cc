#include "rift/search/distribution.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/failure.h"

namespace rift::search {
namespace {

using Kind = Distribution::Kind;

// As Optuna 5.0.0 wrote them.
TEST(Distribution, ReadsWhatOptunaWrote) {
  const Distribution lr = parse_optuna_json(
      R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}})", "x");
  EXPECT_EQ(lr.kind, Kind::kFloat);
  EXPECT_EQ(lr.low, 1e-05);
  EXPECT_TRUE(lr.log);
  EXPECT_FALSE(lr.is_discrete());
  const Distribution n = parse_optuna_json(
      R"({"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 2, "high": 20}})", "x");
  EXPECT_EQ(n.count(), 10);
  EXPECT_EQ(n.external(18.0), Json(18));
  const Distribution c = parse_optuna_json(
      R"({"name": "CategoricalDistribution", "attributes": {"choices": ["a", 2, null, true, 1.5]}})", "x");
  EXPECT_EQ(c.internal(Json(2)), 1.0);
  EXPECT_EQ(c.internal(Json(2.0)), 1.0);
  EXPECT_EQ(c.internal(Json(true)), 3.0);
  EXPECT_TRUE(std::isnan(c.internal(Json("b"))));
  EXPECT_EQ(c.external(2.0), Json());
}

TEST(Distribution, ReadsNamesOfEarlierOptunas) {
  const Distribution log =
      parse_optuna_json(R"({"name": "LogUniformDistribution", "attributes": {"low": 0.1, "high": 1.0}})", "x");
  EXPECT_TRUE(log.log);
  const Distribution steps = parse_optuna_json(
      R"({"name": "DiscreteUniformDistribution", "attributes": {"low": 0.0, "high": 1.0, "q": 0.25}})", "x");
  EXPECT_EQ(steps.count(), 5);
}

TEST(Distribution, IsReadBackAsItWasWritten) {
  const std::vector<Distribution> all = {
      {.kind = Kind::kFloat, .low = 1e-6, .high = 1e-3, .log = true, .choices = {}},
      {.kind = Kind::kFloat, .low = 0, .high = 1, .step = 0.25, .choices = {}},
      {.kind = Kind::kInt, .low = 2, .high = 32, .log = true, .step = 1, .choices = {}},
      {.kind = Kind::kCategorical, .choices = {Json("lora"), Json(16), Json(false)}}};
  for (const Distribution& one : all) {
    const Distribution back = parse_optuna_json(to_optuna_json(one), "x");
    EXPECT_TRUE(are_compatible(one, back));
    EXPECT_EQ(back.step, one.step);
    EXPECT_EQ(to_optuna_json(back), to_optuna_json(one));
  }
}

TEST(Distribution, RefusesWhatHoldsNothing) {
  EXPECT_EQ(test::failure([] {
              parse_optuna_json(R"({"name": "FloatDistribution", "attributes": {"low": 2.0, "high": 1.0}})", "study");
            }),
            "artefact: study: a range from 2 to 1 that holds nothing");
  EXPECT_EQ(test::failure([] { parse_optuna_json(R"({"name": "Spiral", "attributes": {}})", "study"); }),
            "unsupported: study: a distribution called 'Spiral', which rift does not know");
}

TEST(Distribution, NearestTakesStepsFromTheLowEnd) {
  const Distribution steps{.kind = Kind::kInt, .low = 3, .high = 11, .step = 4, .choices = {}};
  EXPECT_EQ(steps.nearest(8.9), 7);
  EXPECT_EQ(steps.nearest(9.1), 11);
  EXPECT_EQ(steps.nearest(99), 11);
}

TEST(Distribution, ChoicesMayNotChangeButRangesMay) {
  const Distribution a{.kind = Kind::kFloat, .low = 0, .high = 1, .choices = {}};
  const Distribution b{.kind = Kind::kFloat, .low = 5, .high = 9, .choices = {}};
  const Distribution c{.kind = Kind::kFloat, .low = 5, .high = 9, .log = true, .choices = {}};
  EXPECT_TRUE(are_compatible(a, b));
  EXPECT_FALSE(are_compatible(b, c));
  const Distribution two{.kind = Kind::kCategorical, .choices = {Json(1), Json(2)}};
  const Distribution three{.kind = Kind::kCategorical, .choices = {Json(1), Json(2), Json(3)}};
  EXPECT_FALSE(are_compatible(two, three));
}

}  // namespace
}  // namespace rift::search
