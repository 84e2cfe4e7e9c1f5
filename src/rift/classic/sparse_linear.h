#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/classic/sparse_matrix.h"

namespace rift::classic {

/// kLogistic: one output, log-odds of y = 1. kMultinomial: K outputs, softmax. kSquared: one output, the value.
enum class LinearLoss { kLogistic, kMultinomial, kSquared };

struct SparseLinearOptions {
  LinearLoss loss = LinearLoss::kLogistic;
  int64_t outputs = 1;      // K; 1 unless kMultinomial
  double c = 1.0;           // c * sum of losses + half the sum of squared coefficients; intercepts are free
  double tolerance = 1e-4;  // stop when the gradient's norm is this share of the first one's
  int64_t max_steps = 200;
};

/// outputs[k] = intercepts[k] + sum_j x_j coefficients[j * K + k].
struct SparseLinear {
  int64_t outputs = 1;
  std::vector<double> coefficients;  // [F,K]
  std::vector<double> intercepts;    // [K]; they sum to 0 under kMultinomial
  int64_t steps = 0;

  void margins(std::span<const SparseEntry> row, std::span<double> out) const;  // [K]
};

/// Minimises the objective by truncated Newton steps (conjugate gradients on Hessian products, diagonal
/// preconditioner, Armijo line search on cached margins). All rows at once, multi-class as one multinomial model, so
/// that its softmax is the estimated probability. f64; every sum has one fixed order, so the result does not depend on
/// the number of threads. targets [N]: 0/1, class index or value; weights [N] or empty; `start` warms the search up.
/// Throws kData when all rows have one class. Source: Lin, Weng, Keerthi (2008), JMLR 9; as liblinear's L2R_LR, with
/// row weights, a free intercept and the multinomial loss.
SparseLinear fit_sparse_linear(const SparseMatrix& rows, std::span<const double> targets,
                               std::span<const double> weights, const SparseLinearOptions& options,
                               const SparseLinear* start = nullptr);

}  // namespace rift::classic
