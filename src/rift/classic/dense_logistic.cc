#include "rift/classic/dense_logistic.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/classic/bounded_newton.h"

namespace rift::classic {
namespace {

constexpr int64_t kBlockRows = 1024;
using Block = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The penalised negative log-likelihood over parameters [coefficients..., intercept].
class Objective : public BoundedProblem {
 public:
  Objective(int64_t features, const FillRows& rows, std::span<const double> labels, std::span<const double> weights,
            const DenseLogisticOptions& options)
      : features_(features),
        rows_(rows),
        labels_(labels),
        weights_(weights),
        l2_(options.l2),
        bounded_(options.non_negative ? features : 0) {
    for (size_t i = 0; i < labels.size(); ++i) total_weight_ += weight(i);
  }

  double total_weight() const { return total_weight_; }
  double weight(size_t row) const { return weights_.empty() ? 1.0 : weights_[row]; }
  int64_t bounded() const override { return bounded_; }
  double penalty(const Eigen::VectorXd& at) const { return 0.5 * l2_ * at.head(features_).squaredNorm(); }

  double value(const Eigen::VectorXd& at) const override {
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

  double value(const Eigen::VectorXd& at, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian) const override {
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
  int64_t bounded_;
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

void add_standard_errors(DenseLogistic& model, const Eigen::MatrixXd& hessian, const std::vector<int64_t>& free) {
  const auto size = static_cast<int64_t>(free.size());
  const Eigen::MatrixXd inverse =
      Eigen::MatrixXd(hessian(free, free)).ldlt().solve(Eigen::MatrixXd::Identity(size, size));
  for (int64_t k = 0; k + 1 < size; ++k)
    model.standard_errors[static_cast<size_t>(free[static_cast<size_t>(k)])] = std::sqrt(std::max(0.0, inverse(k, k)));
}

}  // namespace

DenseLogistic fit_dense_logistic(int64_t features, const FillRows& rows, std::span<const double> labels,
                                 std::span<const double> weights, const DenseLogisticOptions& options) {
  RIFT_CHECK(weights.empty() || weights.size() == labels.size());
  const Objective objective(features, rows, labels, weights, options);
  Eigen::VectorXd start = Eigen::VectorXd::Zero(features + 1);
  start[features] = start_intercept(objective, labels);
  const BoundedMinimum found = minimise_bounded(
      objective, std::move(start), {.tolerance = 1e-10 * objective.total_weight(), .max_steps = options.max_steps});
  DenseLogistic model;
  model.steps = found.steps;
  model.intercept = found.at[features];
  model.coefficients.assign(found.at.data(), found.at.data() + features);
  model.standard_errors.assign(static_cast<size_t>(features), 0.0);
  add_standard_errors(model, found.hessian, found.free);
  return model;
}

}  // namespace rift::classic
