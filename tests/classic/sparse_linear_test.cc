#include "rift/classic/sparse_linear.h"

#include <gtest/gtest.h>

#include <cmath>

#include "classic/golden.h"
#include "rift/base/error.h"
#include "rift/base/threads.h"
#include "support/failure.h"

namespace rift::classic {
namespace {

const Json& golden() {
  static const Json json = read_golden("logistic_golden.json");
  return json;
}

SparseMatrix matrix() {
  SparseMatrix x(4);
  for (const Json& row : golden().at("x").as_array()) {
    std::vector<SparseEntry> entries;
    for (size_t j = 0; j < 4; ++j)
      entries.push_back({static_cast<int32_t>(j), static_cast<float>(row.at(j).as_double())});
    x.append_row(entries);
  }
  return x;
}

void expect_equal(const SparseLinear& model, const Json& expected) {
  const auto intercepts = expected.at("intercepts").as_doubles();
  ASSERT_EQ(model.outputs, static_cast<int64_t>(intercepts.size()));
  for (size_t k = 0; k < intercepts.size(); ++k) {
    EXPECT_NEAR(model.intercepts[k], intercepts[k], 2e-6);  // the matrix holds floats
    const auto coefficients = expected.at("coefficients").at(k).as_doubles();
    for (size_t j = 0; j < 4; ++j)
      EXPECT_NEAR(model.coefficients[j * intercepts.size() + k], coefficients[j], 2e-6) << j << " " << k;
  }
}

TEST(SparseLinear, BinaryEqualsScikitLearn) {
  const auto y = golden().at("y").as_doubles();
  for (const char* name : {"plain", "loose"}) {
    const double c = golden().at(name).at("C").as_double();
    expect_equal(fit_sparse_linear(matrix(), y, {}, {.c = c, .tolerance = 1e-12}), golden().at(name));
  }
  expect_equal(fit_sparse_linear(matrix(), y, golden().at("weights").as_doubles(), {.c = 0.5, .tolerance = 1e-12}),
               golden().at("weighted"));
}

TEST(SparseLinear, MultinomialEqualsScikitLearn) {
  const auto y = golden().at("three").as_doubles();
  SparseLinearOptions options = {.loss = LinearLoss::kMultinomial, .outputs = 3, .c = 2.0, .tolerance = 1e-12};
  const auto model = fit_sparse_linear(matrix(), y, {}, options);
  expect_equal(model, golden().at("multinomial"));
  EXPECT_NEAR(model.intercepts[0] + model.intercepts[1] + model.intercepts[2], 0.0, 1e-12);
  options.c = 5.0;
  expect_equal(fit_sparse_linear(matrix(), y, golden().at("weights").as_doubles(), options),
               golden().at("multinomial_weighted"));
}

TEST(SparseLinear, SquaredLossIsRidgeRegression) {
  const auto y = golden().at("target").as_doubles();
  const auto x = matrix();
  const auto model = fit_sparse_linear(x, y, {}, {.loss = LinearLoss::kSquared, .c = 0.5, .tolerance = 1e-12});
  // Normal equations: c X^T (y - prediction) = coefficients, and the residuals sum to zero.
  std::vector<double> pull(4, 0.0);
  double sum = 0.0;
  for (int64_t i = 0; i < x.rows(); ++i) {
    double prediction = 0.0;
    model.margins(x.row(i), std::span(&prediction, 1));
    const double residual = y[static_cast<size_t>(i)] - prediction;
    sum += residual;
    for (const SparseEntry& entry : x.row(i)) pull[static_cast<size_t>(entry.column)] += 0.5 * residual * entry.value;
  }
  EXPECT_NEAR(sum, 0.0, 1e-9);
  for (size_t j = 0; j < 4; ++j) EXPECT_NEAR(pull[j], model.coefficients[j], 1e-9);
}

TEST(SparseLinear, SameBitsWithOneAndTwoThreads) {
  SparseMatrix x(900);
  std::vector<double> y;
  for (int i = 0; i < 3000; ++i) {
    const SparseEntry row[] = {{i % 300, 0.5f}, {300 + i % 17, 0.25f}, {600 + (i * 7) % 300, 1.0f}};
    x.append_row(row);
    y.push_back((i * 31 % 7 + i % 17) % 3);
  }
  const SparseLinearOptions options = {.loss = LinearLoss::kMultinomial, .outputs = 3, .c = 3.0};
  const int64_t before = threads();
  set_threads(1);
  const auto one = fit_sparse_linear(x, y, {}, options);
  set_threads(2);
  const auto two = fit_sparse_linear(x, y, {}, options);
  set_threads(before);
  EXPECT_EQ(one.coefficients, two.coefficients);
  EXPECT_EQ(one.intercepts, two.intercepts);
}

TEST(SparseLinear, WarmStartGivesTheSameModelInFewerSteps) {
  const auto y = golden().at("y").as_doubles();
  const auto first = fit_sparse_linear(matrix(), y, {}, {.c = 1.0, .tolerance = 1e-10});
  const auto cold = fit_sparse_linear(matrix(), y, {}, {.c = 1.1, .tolerance = 1e-10});
  const auto warm = fit_sparse_linear(matrix(), y, {}, {.c = 1.1, .tolerance = 1e-10}, &first);
  EXPECT_LT(warm.steps, cold.steps);
  for (size_t j = 0; j < 4; ++j) EXPECT_NEAR(warm.coefficients[j], cold.coefficients[j], 1e-8);
}

TEST(SparseLinear, ClassWithoutRowsGetsALowMargin) {
  const std::vector<double> y = {0, 1, 0, 1};
  SparseMatrix x(1);
  for (float v : {0.0f, 1.0f, 0.2f, 0.9f}) x.append_row(std::vector<SparseEntry>{{0, v}});
  const auto model = fit_sparse_linear(x, y, {}, {.loss = LinearLoss::kMultinomial, .outputs = 3});
  for (double intercept : model.intercepts) EXPECT_TRUE(std::isfinite(intercept));
  EXPECT_LT(model.intercepts[2], model.intercepts[0] - 3.0);
}

TEST(SparseLinear, OneClassAndNoRowsAreDataErrors) {
  SparseMatrix x(1);
  test::message_of(Code::kData, [&] { fit_sparse_linear(x, {}, {}, {}); });
  x.append_row({});
  x.append_row({});
  try {
    fit_sparse_linear(x, std::vector<double>{1, 1}, {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kData);
  }
}

TEST(SparseMatrix, TransposedRowsAreTheColumns) {
  SparseMatrix x(3);
  x.append_row(std::vector<SparseEntry>{{0, 1.0f}, {2, 2.0f}});
  x.append_row({});
  x.append_row(std::vector<SparseEntry>{{2, 3.0f}});
  const SparseMatrix t = x.transposed();
  EXPECT_EQ(t.rows(), 3);
  EXPECT_EQ(t.row(1).size(), 0u);
  ASSERT_EQ(t.row(2).size(), 2u);
  EXPECT_EQ(t.row(2)[1].column, 2);
  EXPECT_EQ(t.row(2)[1].value, 3.0f);
  test::message_of(Code::kBug, [&] { x.append_row(std::vector<SparseEntry>{{3, 1.0f}}); });
}

}  // namespace
}  // namespace rift::classic
