#include "rift/objective/row_anchor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/random.h"

namespace rift::objective {
namespace {

using Term = std::function<LossSum(const RowPairs<double>&, std::span<double>)>;

Term divergence_at(double temperature) {
  return [temperature](const RowPairs<double>& rows, std::span<double> gradient) {
    return divergence<double>(rows, temperature, gradient);
  };
}

Term divergence_of_each_at(double temperature) {
  return [temperature](const RowPairs<double>& rows, std::span<double> gradient) {
    return divergence_of_each<double>(rows, temperature, gradient);
  };
}

Term term_of(const std::string& name) {
  if (name == "squared_difference") return squared_difference<double>;
  if (name == "cosine_distance") return cosine_distance<double>;
  if (name == "cka_distance") return cka_distance<double>;
  return divergence_at(name.ends_with("2.5") ? 2.5 : 1.0);
}

TEST(RowAnchor, EqualsPyTorchInValueAndGradient) {
  const Json golden =
      parse_json(read_file("tests/objective/fixtures/row_anchor_golden.json"), "row_anchor_golden.json");
  const std::vector<double> weights = golden.at("weights").as_doubles();
  for (const Json& one : golden.at("cases").as_array()) {
    SCOPED_TRACE(one.at("case").as_string());
    const std::vector<double> tuned = one.at("tuned").as_doubles(), pretrained = one.at("pretrained").as_doubles();
    std::vector<double> gradient(tuned.size());
    const LossSum sum = term_of(one.at("case").as_string())(
        {.tuned = tuned, .pretrained = pretrained, .width = one.at("width").as_int(), .weights = weights}, gradient);
    EXPECT_NEAR(sum.sum, one.at("sum").as_double(), 1e-12 * (1 + std::abs(sum.sum)));
    EXPECT_EQ(sum.weight, 6.0);
    for (size_t i = 0; i < gradient.size(); ++i) {
      EXPECT_NEAR(gradient[i], one.at("gradient").at(i).as_double(), 1e-12) << i;
    }
  }
}

/// Rows whose features two models say, unlike but not unrelated.
struct Rows {
  std::vector<double> tuned, pretrained, weights;
  int64_t width;
  Rows(int64_t count, int64_t width_of_each) : width(width_of_each) {
    const CounterRandom random(3, 4);
    for (int64_t i = 0; i < count * width; ++i) {
      tuned.push_back(random.normal(static_cast<uint64_t>(2 * i)));
      pretrained.push_back(tuned.back() + 0.5 * random.normal(static_cast<uint64_t>(2 * i + 1)));
    }
    for (int64_t row = 0; row < count; ++row) weights.push_back(0.25 * static_cast<double>(row % 5));
  }
  LossSum of(const Term& term, std::vector<double>& gradient) const {
    gradient.resize(tuned.size());
    return term({.tuned = tuned, .pretrained = pretrained, .width = width, .weights = weights}, gradient);
  }
};

TEST(RowAnchor, GradientsAreTheFiniteDifferencesOfTheirValues) {
  const std::vector<std::pair<std::string, Term>> terms = {{"squared_difference", squared_difference<double>},
                                                           {"divergence", divergence_at(1.0)},
                                                           {"divergence at 3", divergence_at(3.0)},
                                                           {"divergence of each", divergence_of_each_at(3.0)},
                                                           {"cosine_distance", cosine_distance<double>},
                                                           {"cka_distance", cka_distance<double>}};
  for (const auto& [name, term] : terms) {
    for (const auto& [count, width] : {std::pair{7, 3}, {4, 11}, {12, 1}}) {
      if (name == "cosine_distance" && width == 1) continue;  // a sign, which does not move
      SCOPED_TRACE(name + " of " + std::to_string(count) + " x " + std::to_string(width));
      Rows rows(count, width);
      std::vector<double> gradient, unused;
      rows.of(term, gradient);
      for (size_t i = 0; i < gradient.size(); ++i) {
        constexpr double kBy = 1e-5;
        const double at = rows.tuned[i];
        rows.tuned[i] = at + kBy;
        const double above = rows.of(term, unused).sum;
        rows.tuned[i] = at - kBy;
        const double below = rows.of(term, unused).sum;
        rows.tuned[i] = at;
        EXPECT_NEAR(gradient[i], (above - below) / (2 * kBy), 1e-8 * (1 + std::abs(gradient[i]))) << i;
      }
    }
  }
}

TEST(RowAnchor, LogitsThatEachHaveASigmoidAreRowsOfTheirOwn) {
  const Rows rows(6, 4);
  std::vector<double> gradient, apart(rows.tuned.size()), weights;
  for (const double weight : rows.weights) weights.insert(weights.end(), 4, weight);
  const LossSum sum = rows.of(divergence_of_each_at(2.0), gradient);
  const LossSum of_each =
      divergence_at(2.0)({.tuned = rows.tuned, .pretrained = rows.pretrained, .width = 1, .weights = weights}, apart);
  EXPECT_NEAR(sum.sum, of_each.sum, 1e-12);
  EXPECT_NEAR(sum.weight, of_each.weight / 4, 1e-12);
  EXPECT_EQ(gradient, apart);
}

TEST(RowAnchor, WhereBothModelsSayTheSameThereIsNothingToPay) {
  Rows rows(8, 5);
  rows.pretrained = rows.tuned;
  for (const Term& term : {Term(squared_difference<double>), divergence_at(2.0), Term(cosine_distance<double>),
                           Term(cka_distance<double>)}) {
    std::vector<double> gradient;
    EXPECT_NEAR(rows.of(term, gradient).sum, 0.0, 1e-12);
    for (const double slope : gradient) EXPECT_NEAR(slope, 0.0, 1e-12);
  }
}

TEST(RowAnchor, CkaDoesNotSeeARotationAScaleOrAShift) {
  Rows rows(9, 2);
  const double c = std::cos(0.7), s = std::sin(0.7);
  for (size_t row = 0; row < 9; ++row) {
    const double x = rows.pretrained[2 * row], y = rows.pretrained[2 * row + 1];
    rows.tuned[2 * row] = 3 * (c * x - s * y) + 5;
    rows.tuned[2 * row + 1] = 3 * (s * x + c * y) - 1;
  }
  std::vector<double> gradient;
  EXPECT_NEAR(rows.of(cka_distance<double>, gradient).sum, 0.0, 1e-12);
  EXPECT_NEAR(linear_cka<double>(rows.tuned, rows.pretrained, 9), 1.0, 1e-12);
  EXPECT_GT(rows.of(squared_difference<double>, gradient).sum, 1.0);
}

TEST(RowAnchor, WhatHasNoDirectionOrNoCkaCountsAsZero) {
  Rows two(2, 4), alike(6, 4);
  alike.tuned.assign(alike.tuned.size(), 2.0);
  for (const Rows* rows : {&two, &alike}) {
    std::vector<double> gradient(rows->tuned.size(), 7.0);
    EXPECT_EQ(rows->of(cka_distance<double>, gradient).sum, 0.0);
    for (const double slope : gradient) EXPECT_EQ(slope, 0.0);
    EXPECT_TRUE(std::isnan(linear_cka<double>(rows->tuned, rows->pretrained, std::ssize(rows->weights))));
  }
  alike.tuned.assign(alike.tuned.size(), 0.0);
  std::vector<double> gradient;
  EXPECT_EQ(alike.of(cosine_distance<double>, gradient).sum, 0.0);
  for (const double slope : gradient) EXPECT_EQ(slope, 0.0);
}

TEST(RowAnchor, AValueThatIsNotFiniteReachesTheSum) {
  for (const Term& term : {Term(squared_difference<double>), divergence_at(1.0), Term(cosine_distance<double>),
                           Term(cka_distance<double>)}) {
    Rows rows(6, 3);
    rows.tuned[10] = std::nan("");
    std::vector<double> gradient;
    EXPECT_FALSE(std::isfinite(rows.of(term, gradient).sum));
  }
}

}  // namespace
}  // namespace rift::objective
