#include "rift/classic/sparse_linear.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log_odds.h"
#include "rift/base/threads.h"

namespace rift::classic {
namespace {

constexpr int64_t kGrain = 512;
constexpr int64_t kMostProducts = 250;

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0.0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double norm(const Vector& a) { return std::sqrt(dot(a, a)); }

void add(Vector& to, double factor, const Vector& what) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += factor * what[i];
}

/// The problem over one parameter vector: coefficients [F,K] row-major, then intercepts [K].
class Problem {
 public:
  Problem(const SparseMatrix& rows, std::span<const double> targets, std::span<const double> weights,
          const SparseLinearOptions& options)
      : rows_(rows),
        columns_(rows.transposed()),
        targets_(targets),
        weights_(weights),
        options_(options),
        outputs_(static_cast<size_t>(options.outputs)),
        size_(static_cast<size_t>(rows.rows())),
        features_(static_cast<size_t>(rows.columns())) {}

  size_t parameters() const { return (features_ + 1) * outputs_; }
  size_t penalised() const { return features_ * outputs_; }

  /// Margins of every row, [N,K].
  Vector margins(const Vector& at) const {
    Vector z(size_ * outputs_);
    parallel_for(static_cast<int64_t>(size_), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        double* out = z.data() + static_cast<size_t>(i) * outputs_;
        std::copy(at.begin() + static_cast<std::ptrdiff_t>(penalised()), at.end(), out);
        for (const SparseEntry& entry : rows_.row(i)) {
          const double* row = at.data() + static_cast<size_t>(entry.column) * outputs_;
          for (size_t k = 0; k < outputs_; ++k) out[k] += static_cast<double>(entry.value) * row[k];
        }
      }
    });
    return z;
  }

  double value(const Vector& z, const Vector& at) const {
    Vector losses(size_);
    parallel_for(static_cast<int64_t>(size_), kGrain, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
        losses[i] = scale(i) * loss(i, z.data() + i * outputs_);
    });
    double sum = 0.0;
    for (double loss : losses) sum += loss;
    double squares = 0.0;
    for (size_t j = 0; j < penalised(); ++j) squares += at[j] * at[j];
    return sum + 0.5 * squares;
  }

  /// Gradient at `at`; keeps the row terms that Hessian products need.
  Vector gradient(const Vector& z, const Vector& at) {
    predicted_ = z;
    Vector residuals(z.size());
    parallel_for(static_cast<int64_t>(size_), kGrain, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        predict(predicted_.data() + i * outputs_);
        for (size_t k = 0; k < outputs_; ++k)
          residuals[i * outputs_ + k] = scale(i) * (predicted_[i * outputs_ + k] - wanted(i, k));
      }
    });
    return back(residuals, at);
  }

  /// Hessian times direction, at the point of the last gradient().
  Vector product(const Vector& direction) const {
    Vector z = margins(direction);
    parallel_for(static_cast<int64_t>(size_), kGrain, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        double* u = z.data() + i * outputs_;
        const double* p = predicted_.data() + i * outputs_;
        double mean = 0.0;
        if (options_.loss == LinearLoss::kMultinomial)
          for (size_t k = 0; k < outputs_; ++k) mean += p[k] * u[k];
        for (size_t k = 0; k < outputs_; ++k) u[k] = scale(i) * curvature(p[k]) * (u[k] - mean);
      }
    });
    return back(z, direction);
  }

  /// Diagonal of the Hessian there.
  Vector diagonal() const {
    Vector result(parameters(), 1.0);
    const auto term = [&](size_t i, size_t k) {
      const double p = predicted_[i * outputs_ + k];
      return scale(i) * (options_.loss == LinearLoss::kSquared ? 1.0 : p * (1.0 - p));
    };
    parallel_for(static_cast<int64_t>(features_), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; ++j)
        for (const SparseEntry& entry : columns_.row(j)) {
          const double square = static_cast<double>(entry.value) * static_cast<double>(entry.value);
          for (size_t k = 0; k < outputs_; ++k)
            result[static_cast<size_t>(j) * outputs_ + k] += square * term(static_cast<size_t>(entry.column), k);
        }
    });
    for (size_t k = 0; k < outputs_; ++k) {
      double sum = 0.0;
      for (size_t i = 0; i < size_; ++i) sum += term(i, k);
      result[penalised() + k] = std::max(sum, 1e-12);
    }
    return result;
  }

 private:
  double scale(size_t row) const { return options_.c * (weights_.empty() ? 1.0 : weights_[row]); }

  double wanted(size_t row, size_t output) const {
    if (options_.loss != LinearLoss::kMultinomial) return targets_[row];
    return static_cast<size_t>(targets_[row]) == output ? 1.0 : 0.0;
  }

  double curvature(double predicted) const {
    if (options_.loss == LinearLoss::kSquared) return 1.0;
    return options_.loss == LinearLoss::kLogistic ? predicted * (1.0 - predicted) : predicted;
  }

  double loss(size_t row, const double* z) const {
    if (options_.loss == LinearLoss::kSquared) return 0.5 * (z[0] - targets_[row]) * (z[0] - targets_[row]);
    if (options_.loss == LinearLoss::kLogistic) return log1p_exp(z[0]) - targets_[row] * z[0];
    const double highest = *std::max_element(z, z + outputs_);
    double sum = 0.0;
    for (size_t k = 0; k < outputs_; ++k) sum += std::exp(z[k] - highest);
    return highest + std::log(sum) - z[static_cast<size_t>(targets_[row])];
  }

  /// Margins to probabilities (or to the value itself), in place.
  void predict(double* z) const {
    if (options_.loss == LinearLoss::kSquared) return;
    if (options_.loss == LinearLoss::kLogistic) {
      z[0] = sigmoid(z[0]);
      return;
    }
    const double highest = *std::max_element(z, z + outputs_);
    double sum = 0.0;
    for (size_t k = 0; k < outputs_; ++k) sum += z[k] = std::exp(z[k] - highest);
    for (size_t k = 0; k < outputs_; ++k) z[k] /= sum;
  }

  /// X^T r plus the penalty's share of `at`.
  Vector back(const Vector& r, const Vector& at) const {
    Vector result(parameters(), 0.0);
    parallel_for(static_cast<int64_t>(features_), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; ++j) {
        double* out = result.data() + static_cast<size_t>(j) * outputs_;
        for (const SparseEntry& entry : columns_.row(j)) {
          const double* row = r.data() + static_cast<size_t>(entry.column) * outputs_;
          for (size_t k = 0; k < outputs_; ++k) out[k] += static_cast<double>(entry.value) * row[k];
        }
        for (size_t k = 0; k < outputs_; ++k) out[k] += at[static_cast<size_t>(j) * outputs_ + k];
      }
    });
    for (size_t i = 0; i < size_; ++i)
      for (size_t k = 0; k < outputs_; ++k) result[penalised() + k] += r[i * outputs_ + k];
    return result;
  }

  const SparseMatrix& rows_;
  SparseMatrix columns_;
  std::span<const double> targets_;
  std::span<const double> weights_;
  const SparseLinearOptions& options_;
  size_t outputs_;
  size_t size_;
  size_t features_;
  Vector predicted_;  // [N,K] probabilities at the last gradient()
};

/// Solves H step = gradient to the residual asked, by preconditioned conjugate gradients from zero.
Vector newton_step(const Problem& problem, const Vector& gradient, double wanted_residual) {
  const Vector diagonal = problem.diagonal();
  Vector step(gradient.size(), 0.0), residual = gradient, scaled(gradient.size());
  for (size_t i = 0; i < scaled.size(); ++i) scaled[i] = residual[i] / diagonal[i];
  Vector direction = scaled;
  double size = dot(residual, scaled);
  for (int64_t round = 0; round < kMostProducts && norm(residual) > wanted_residual; ++round) {
    throw_if_interrupted();
    const Vector product = problem.product(direction);
    const double curvature = dot(direction, product);
    if (!(curvature > 0.0)) break;  // a flat direction of the free intercepts: the gradient has none of it
    const double length = size / curvature;
    add(step, length, direction);
    add(residual, -length, product);
    for (size_t i = 0; i < scaled.size(); ++i) scaled[i] = residual[i] / diagonal[i];
    const double next = dot(residual, scaled);
    for (size_t i = 0; i < direction.size(); ++i) direction[i] = scaled[i] + next / size * direction[i];
    size = next;
  }
  return step;
}

void check_targets(std::span<const double> targets, const SparseLinearOptions& options) {
  RIFT_REQUIRE(!targets.empty(), Code::kData, "there are no training rows");
  RIFT_CHECK(options.outputs >= 1 && (options.loss == LinearLoss::kMultinomial || options.outputs == 1));
  if (options.loss == LinearLoss::kSquared) return;
  const double most = options.loss == LinearLoss::kLogistic ? 1.0 : static_cast<double>(options.outputs) - 1.0;
  for (double target : targets) RIFT_CHECK(target >= 0.0 && target <= most && target == std::floor(target));
  const bool one = std::all_of(targets.begin(), targets.end(), [&](double t) { return t == targets.front(); });
  RIFT_REQUIRE(!one, Code::kData, "the training rows hold one class only ({} rows): a classifier needs two",
               targets.size());
}

Vector start_point(const Problem& problem, const SparseLinear* start) {
  Vector at(problem.parameters(), 0.0);
  if (!start) return at;
  RIFT_CHECK(start->coefficients.size() == problem.penalised());
  std::copy(start->coefficients.begin(), start->coefficients.end(), at.begin());
  std::copy(start->intercepts.begin(), start->intercepts.end(),
            at.begin() + static_cast<std::ptrdiff_t>(problem.penalised()));
  return at;
}

SparseLinear model_of(const Vector& at, const Problem& problem, const SparseLinearOptions& options, int64_t steps) {
  const auto end = at.begin() + static_cast<std::ptrdiff_t>(problem.penalised());
  SparseLinear model{.outputs = options.outputs,
                     .coefficients = Vector(at.begin(), end),
                     .intercepts = Vector(end, at.end()),
                     .steps = steps};
  if (options.loss == LinearLoss::kMultinomial) {
    double mean = 0.0;
    for (double intercept : model.intercepts) mean += intercept / static_cast<double>(options.outputs);
    for (double& intercept : model.intercepts) intercept -= mean;
  }
  return model;
}

}  // namespace

void SparseLinear::margins(std::span<const SparseEntry> row, std::span<double> out) const {
  std::copy(intercepts.begin(), intercepts.end(), out.begin());
  for (const SparseEntry& entry : row) {
    const double* weights = coefficients.data() + static_cast<size_t>(entry.column * outputs);
    for (size_t k = 0; k < out.size(); ++k) out[k] += static_cast<double>(entry.value) * weights[k];
  }
}

SparseLinear fit_sparse_linear(const SparseMatrix& rows, std::span<const double> targets,
                               std::span<const double> weights, const SparseLinearOptions& options,
                               const SparseLinear* start) {
  RIFT_CHECK(static_cast<int64_t>(targets.size()) == rows.rows());
  RIFT_CHECK(weights.empty() || weights.size() == targets.size());
  check_targets(targets, options);
  Problem problem(rows, targets, weights, options);
  const Vector zero(problem.parameters(), 0.0);
  const double first_norm = norm(problem.gradient(problem.margins(zero), zero));

  Vector at = start_point(problem, start), z = problem.margins(at);
  double value = problem.value(z, at);
  int64_t steps = 0;
  for (; steps < options.max_steps; ++steps) {
    throw_if_interrupted();
    const Vector gradient = problem.gradient(z, at);
    const double size = norm(gradient);
    if (size <= options.tolerance * first_norm) break;
    const Vector step = newton_step(problem, gradient, size * std::min(0.3, std::sqrt(size / first_norm)));
    const Vector z_step = problem.margins(step);
    const double slope = dot(gradient, step);
    double length = 1.0;
    Vector to, z_to;
    double value_to = 0.0;
    for (; length > 1e-6; length *= 0.5) {
      to = at;
      z_to = z;
      add(to, -length, step);
      add(z_to, -length, z_step);
      value_to = problem.value(z_to, to);
      if (value_to <= value - 1e-4 * length * slope) break;
    }
    if (length <= 1e-6) break;  // the decrease drowns in rounding
    at = std::move(to);
    z = std::move(z_to);
    value = value_to;
  }
  return model_of(at, problem, options, steps);
}

}  // namespace rift::classic
