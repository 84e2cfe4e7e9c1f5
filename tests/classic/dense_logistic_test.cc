#include "rift/classic/dense_logistic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "classic/golden.h"
#include "rift/base/error.h"

namespace rift::classic {
namespace {

const Json& golden() {
  static const Json json = read_golden("logistic_golden.json");
  return json;
}

DenseLogistic fit(const std::vector<double>& x, int64_t features, const std::vector<double>& labels,
                  const std::vector<double>& weights, const DenseLogisticOptions& options) {
  return fit_dense_logistic(
      features,
      [&](int64_t begin, int64_t end, double* block) {
        std::copy(x.begin() + begin * features, x.begin() + end * features, block);
      },
      labels, weights, options);
}

void expect_equal(const DenseLogistic& model, const Json& expected) {
  const auto coefficients = expected.at("coefficients").at(0).as_doubles();
  EXPECT_NEAR(model.intercept, expected.at("intercepts").at(0).as_double(), 1e-7);
  for (size_t j = 0; j < coefficients.size(); ++j) EXPECT_NEAR(model.coefficients[j], coefficients[j], 1e-7);
}

TEST(DenseLogistic, EqualsScikitLearn) {
  const auto x = flat(golden().at("x")), y = golden().at("y").as_doubles();
  expect_equal(fit(x, 4, y, {}, {.l2 = 1.0}), golden().at("plain"));
  expect_equal(fit(x, 4, y, {}, {.l2 = 0.01}), golden().at("loose"));
  expect_equal(fit(x, 4, y, golden().at("weights").as_doubles(), {.l2 = 2.0}), golden().at("weighted"));
}

TEST(DenseLogistic, NonNegativeEqualsABoundedOptimiser) {
  const Json& expected = golden().at("non_negative");
  const auto model =
      fit(flat(golden().at("x")), 4, golden().at("y").as_doubles(), {}, {.l2 = 1.0, .non_negative = true});
  const auto coefficients = expected.at("coefficients").as_doubles();
  ASSERT_EQ(std::count(coefficients.begin(), coefficients.end(), 0.0), 2);  // the bound binds
  EXPECT_NEAR(model.intercept, expected.at("intercept").as_double(), 1e-6);
  for (size_t j = 0; j < 4; ++j) EXPECT_NEAR(model.coefficients[j], coefficients[j], 1e-6);
  for (size_t j = 0; j < 4; ++j) EXPECT_EQ(model.standard_errors[j] == 0.0, model.coefficients[j] == 0.0);
}

TEST(DenseLogistic, WithoutFeaturesTheInterceptIsTheLogOdds) {
  const auto model = fit({}, 0, {1, 0, 0, 0}, {}, {});
  EXPECT_NEAR(model.intercept, std::log(1.0 / 3.0), 1e-12);
}

TEST(DenseLogistic, StandardErrorOfOneBinaryFeature) {
  // A 2x2 table: the variance of the log odds ratio is the sum of the reciprocal cell counts (Woolf 1955).
  std::vector<double> x, y;
  const int cells[2][2] = {{40, 10}, {15, 35}};
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 2; ++b)
      for (int n = 0; n < cells[a][b]; ++n) {
        x.push_back(a);
        y.push_back(b);
      }
  const auto model = fit(x, 1, y, {}, {.l2 = 1e-12});
  EXPECT_NEAR(model.coefficients[0], std::log(40.0 * 35 / (10 * 15)), 1e-8);
  EXPECT_NEAR(model.standard_errors[0], std::sqrt(1.0 / 40 + 1.0 / 10 + 1.0 / 15 + 1.0 / 35), 1e-8);
}

TEST(DenseLogistic, SeparableDataConvergesUnderThePenalty) {
  const auto model = fit({-1e3, -2e3, 1e3, 2e3}, 1, {0, 0, 1, 1}, {}, {.l2 = 1e-6});
  EXPECT_TRUE(std::isfinite(model.coefficients[0]));
  EXPECT_GT(model.coefficients[0], 0.0);
}

TEST(DenseLogistic, CollinearAndConstantFeaturesAreShared) {
  std::vector<double> x, y;
  for (int i = 0; i < 40; ++i) {
    x.insert(x.end(), {i * 0.1, i * 0.1, 3.0});
    y.push_back(i % 3 == 0 || i > 30 ? 1.0 : 0.0);
  }
  const auto model = fit(x, 3, y, {}, {});
  EXPECT_NEAR(model.coefficients[0], model.coefficients[1], 1e-8);
  EXPECT_NEAR(model.coefficients[2], 0.0, 1e-7);
}

TEST(DenseLogistic, MoreThanOneBlockOfRows) {
  std::vector<double> x, y, x_once, y_once, weights;
  for (int i = 0; i < 5000; ++i) {
    x.push_back(i % 7);
    y.push_back(i % 3 == 0 || i % 7 > 5 ? 1.0 : 0.0);
  }
  for (int i = 0; i < 21; ++i) {
    x_once.push_back(i % 7);
    y_once.push_back(i % 3 == 0 || i % 7 > 5 ? 1.0 : 0.0);
    weights.push_back(0.0);
    for (int k = i; k < 5000; k += 21) weights.back() += 1.0;
  }
  const auto all = fit(x, 1, y, {}, {}), once = fit(x_once, 1, y_once, weights, {});
  EXPECT_NEAR(all.coefficients[0], once.coefficients[0], 1e-9);
  EXPECT_NEAR(all.standard_errors[0], once.standard_errors[0], 1e-9);
}

TEST(DenseLogistic, OneClassIsADataError) {
  try {
    fit({1, 2}, 1, {1, 1}, {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kData);
  }
}

}  // namespace
}  // namespace rift::classic
