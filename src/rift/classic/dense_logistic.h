#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace rift::classic {

/// Rows of a design matrix on demand: writes rows [begin, end) as (end - begin) x F doubles, row-major. Called for each
/// block of rows in every Newton step, so that no [N,F] matrix of doubles is held.
using FillRows = std::function<void(int64_t begin, int64_t end, double* block)>;

struct DenseLogisticOptions {
  double l2 = 1.0;            // (l2 / 2) sum of squared coefficients; the intercept is free
  bool non_negative = false;  // coefficients >= 0
  int64_t max_steps = 100;
};

/// P(y = 1 | x) = sigmoid(intercept + x . coefficients).
struct DenseLogistic {
  double intercept = 0.0;
  std::vector<double> coefficients;     // [F]
  std::vector<double> standard_errors;  // [F] from the inverse Hessian; 0 for a coefficient held at its bound
  int64_t steps = 0;
};

/// Weighted maximum likelihood with an L2 penalty by Newton's method (iteratively reweighted least squares) with step
/// halving; under non_negative by projected Newton steps (Bertsekas 1982). f64, one fixed order of summation: the same
/// rows give the same bits. labels 0/1 [N]; weights [N] or empty. Throws kData when the labels hold one class, kBug
/// when max_steps do not suffice (the objective is strictly convex in the coefficients for l2 > 0).
DenseLogistic fit_dense_logistic(int64_t features, const FillRows& rows, std::span<const double> labels,
                                 std::span<const double> weights, const DenseLogisticOptions& options);

}  // namespace rift::classic
