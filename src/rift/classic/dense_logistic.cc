#include "rift/classic/dense_logistic.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log_odds.h"

namespace rift::classic {
namespace {

constexpr int64_t kBlockRows = 1024;
using Block = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The penalised negative log-likelihood over parameters [coefficients..., intercept].
class Objective {
 public:
  Objective(int64_t features, const FillRows& rows, std::span<const double> labels, std::span<const double> weights,
            double l2)
      : features_(features), rows_(rows), labels_(labels), weights_(weights), l2_(l2) {
    for (size_t i = 0; i < labels.size(); ++i) total_weight_ += weight(i);
  }

  double total_weight() const { return total_weight_; }
  double weight(size_t row) const { return weights_.empty() ? 1.0 : weights_[row]; }
  double penalty(const Eigen::VectorXd& at) const { return 0.5 * l2_ * at.head(features_).squaredNorm(); }

  double value(const Eigen::VectorXd& at) const {
    double sum = 0.0;
    for_each_block([&](int64_t begin, const Block& x) {
      const Eigen::VectorXd z = margins(x, at);
      for (int64_t i = 0; i < z.size(); ++i) {
        const auto row = static_cast<size_t>(begin + i);
        sum += weight(row) * (log1p_exp(z[i]) - labels_[row] * z[i]);
      }
    });
    return sum + penalty(at);
  }

  /// Also fills gradient [F+1] and the full Hessian [F+1,F+1].
  double value(const Eigen::VectorXd& at, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian) const {
    double sum = 0.0;
    gradient.setZero(features_ + 1);
    hessian.setZero(features_ + 1, features_ + 1);
    Block scaled;
    for_each_block([&](int64_t begin, const Block& x) {
      const Eigen::VectorXd z = margins(x, at);
      Eigen::VectorXd residual(z.size());
      scaled.resize(x.rows(), features_ + 1);
      for (int64_t i = 0; i < z.size(); ++i) {
        const auto row = static_cast<size_t>(begin + i);
        const double p = sigmoid(z[i]);
        sum += weight(row) * (log1p_exp(z[i]) - labels_[row] * z[i]);
        residual[i] = weight(row) * (p - labels_[row]);
        const double root = std::sqrt(weight(row) * p * (1.0 - p));
        scaled.row(i).head(features_) = root * x.row(i);
        scaled(i, features_) = root;
      }
      gradient.head(features_).noalias() += x.transpose() * residual;
      gradient[features_] += residual.sum();
      hessian.selfadjointView<Eigen::Lower>().rankUpdate(scaled.transpose());
    });
    gradient.head(features_) += l2_ * at.head(features_);
    hessian.diagonal().head(features_).array() += l2_;
    hessian.triangularView<Eigen::StrictlyUpper>() = hessian.transpose();
    return sum + penalty(at);
  }

 private:
  template <class F>
  void for_each_block(const F& body) const {
    Block x;
    const auto n = static_cast<int64_t>(labels_.size());
    for (int64_t begin = 0; begin < n; begin += kBlockRows) {
      const int64_t end = std::min(n, begin + kBlockRows);
      x.resize(end - begin, features_);
      rows_(begin, end, x.data());
      body(begin, x);
    }
  }
  Eigen::VectorXd margins(const Block& x, const Eigen::VectorXd& at) const {
    return (x * at.head(features_)).array() + at[features_];
  }

  int64_t features_;
  const FillRows& rows_;
  std::span<const double> labels_;
  std::span<const double> weights_;
  double l2_;
  double total_weight_ = 0.0;
};

double start_intercept(const Objective& objective, std::span<const double> labels) {
  double bad = 0.0, total = 0.0;
  for (size_t i = 0; i < labels.size(); ++i) {
    total += objective.weight(i);
    bad += objective.weight(i) * labels[i];
  }
  RIFT_REQUIRE(bad > 0.0 && bad < total, Code::kData,
               "the training rows hold one class only ({} rows): a logistic model needs both", labels.size());
  return std::log(bad / (total - bad));
}

/// Parameters that may move: all but those at the bound whose gradient points out of the allowed side.
std::vector<int64_t> free_parameters(const Eigen::VectorXd& at, const Eigen::VectorXd& gradient, bool non_negative) {
  std::vector<int64_t> free;
  for (int64_t j = 0; j < at.size(); ++j) {
    const bool is_intercept = j + 1 == at.size();
    if (is_intercept || !non_negative || at[j] > 0.0 || gradient[j] < 0.0) free.push_back(j);
  }
  return free;
}

Eigen::MatrixXd restricted(const Eigen::MatrixXd& hessian, const std::vector<int64_t>& free) {
  return hessian(free, free);
}

Eigen::VectorXd newton_step(const Eigen::MatrixXd& hessian, const Eigen::VectorXd& slope,
                            const std::vector<int64_t>& free) {
  const Eigen::VectorXd solved = restricted(hessian, free).ldlt().solve(slope);
  Eigen::VectorXd step = Eigen::VectorXd::Zero(hessian.rows());
  step(free) = solved;
  return step;
}

Eigen::VectorXd diagonal_step(const Eigen::MatrixXd& hessian, const Eigen::VectorXd& slope,
                              const std::vector<int64_t>& free) {
  Eigen::VectorXd step = Eigen::VectorXd::Zero(hessian.rows());
  step(free) = slope.cwiseQuotient(hessian.diagonal()(free));
  return step;
}

struct Search {
  const Eigen::VectorXd& from;
  const Eigen::VectorXd& step;
  const Eigen::VectorXd& gradient;
  double value;
  bool non_negative;
};

/// from - step, halved (and kept to the allowed side) until the objective falls as the slope promises.
std::optional<Eigen::VectorXd> shorter_until_lower(const Objective& objective, const Search& search) {
  for (double length = 1.0; length > 1e-6; length *= 0.5) {
    Eigen::VectorXd to = search.from - length * search.step;
    if (search.non_negative) to.head(to.size() - 1) = to.head(to.size() - 1).cwiseMax(0.0);
    if (objective.value(to) <= search.value - 1e-4 * search.gradient.dot(search.from - to)) return to;
  }
  return std::nullopt;
}

/// The whole step when it ends where the objective is less steep.
std::optional<Eigen::VectorXd> whole_if_less_steep(const Objective& objective, const Search& search, double steepest) {
  Eigen::VectorXd to = search.from - search.step;
  if (search.non_negative) to.head(to.size() - 1) = to.head(to.size() - 1).cwiseMax(0.0);
  Eigen::VectorXd gradient;
  Eigen::MatrixXd hessian;
  objective.value(to, gradient, hessian);
  const double left = gradient(free_parameters(to, gradient, search.non_negative)).cwiseAbs().maxCoeff();
  return left < steepest ? std::optional(to) : std::nullopt;
}

void add_standard_errors(DenseLogistic& model, const Eigen::MatrixXd& hessian, const std::vector<int64_t>& free) {
  const auto size = static_cast<int64_t>(free.size());
  const Eigen::MatrixXd inverse = restricted(hessian, free).ldlt().solve(Eigen::MatrixXd::Identity(size, size));
  for (int64_t k = 0; k + 1 < size; ++k)
    model.standard_errors[static_cast<size_t>(free[static_cast<size_t>(k)])] = std::sqrt(std::max(0.0, inverse(k, k)));
}

}  // namespace

DenseLogistic fit_dense_logistic(int64_t features, const FillRows& rows, std::span<const double> labels,
                                 std::span<const double> weights, const DenseLogisticOptions& options) {
  RIFT_CHECK(weights.empty() || weights.size() == labels.size());
  const Objective objective(features, rows, labels, weights, options.l2);
  Eigen::VectorXd at = Eigen::VectorXd::Zero(features + 1);
  at[features] = start_intercept(objective, labels);

  const double tolerance = 1e-10 * objective.total_weight();
  DenseLogistic model;
  Eigen::VectorXd gradient;
  Eigen::MatrixXd hessian;
  std::vector<int64_t> free;
  for (;; ++model.steps) {
    throw_if_interrupted();
    const double value = objective.value(at, gradient, hessian);
    free = free_parameters(at, gradient, options.non_negative);
    const Eigen::VectorXd slope = gradient(free);
    const double steepest = slope.cwiseAbs().maxCoeff();
    const Eigen::VectorXd newton = newton_step(hessian, slope, free);
    std::optional<Eigen::VectorXd> to;
    if (steepest > tolerance) {
      RIFT_CHECK(model.steps < options.max_steps);
      const auto descend = [&](const Eigen::VectorXd& step) {
        return shorter_until_lower(objective, {at, step, gradient, value, options.non_negative});
      };
      to = descend(newton);
      // A projected Newton step need not descend; one scaled by the diagonal always does (Bertsekas 1982, prop. 1).
      if (!to && options.non_negative) to = descend(diagonal_step(hessian, slope, free));
    }
    if (!to) {  // rounding hides the rest of the decrease, but not of the slope
      const Search last{at, newton, gradient, value, options.non_negative};
      at = whole_if_less_steep(objective, last, steepest).value_or(at);
      break;
    }
    at = *to;
  }
  model.intercept = at[features];
  model.coefficients.assign(at.data(), at.data() + features);
  model.standard_errors.assign(static_cast<size_t>(features), 0.0);
  add_standard_errors(model, hessian, free);
  model.mean_log_loss = (objective.value(at) - objective.penalty(at)) / objective.total_weight();
  return model;
}

}  // namespace rift::classic
