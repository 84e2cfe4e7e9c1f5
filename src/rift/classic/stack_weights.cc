#include "rift/classic/stack_weights.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/classic/bounded_newton.h"

namespace rift::classic {
namespace {

constexpr double kPenalty = 1.0;              // of a member's weight and of the log-odds of rows without text
constexpr double kClassOffsetPenalty = 1e-3;  // K offsets are free but for their sum, and a class may have no rows

/// Unknowns in order: members, offsets, the offset of rows without text.
class Problem : public BoundedProblem {
 public:
  Problem(data::Task task, const StackInputs& inputs, std::span<const double> labels, std::span<const double> weights)
      : task_(task), inputs_(inputs), labels_(labels), weights_(weights) {
    RIFT_REQUIRE(std::any_of(labels.begin(), labels.end(), [&](double label) { return label != labels.front(); }),
                 Code::kData, "fusion: all {} rows have the same label", labels.size());
    double mean = 0.0;
    for (const double label : labels) mean += label / static_cast<double>(labels.size());
    for (const double label : labels) variance_ += (label - mean) * (label - mean) / static_cast<double>(labels.size());
    penalty_ = Eigen::VectorXd::Zero(unknowns());
    penalty_.head(inputs.members).setConstant(kPenalty);
    if (data::has_classes(task)) penalty_.segment(inputs.members, inputs.outputs).setConstant(kClassOffsetPenalty);
    if (task == data::Task::kBinary && gated()) penalty_[unknowns() - 1] = kPenalty;
    // An amount's offsets are in the label's unit, and so no penalty fits them. Where no row is without text, or every
    // one is, a trace of one decides.
    if (task == data::Task::kRegression && gated()) penalty_[unknowns() - 1] = 1e-9 / variance_;
  }

  int64_t unknowns() const { return inputs_.members + inputs_.outputs + (gated() ? 1 : 0); }
  bool gated() const { return inputs_.outputs == 1 && !inputs_.without_text.empty(); }

  int64_t bounded() const override { return inputs_.members; }
  double total_weight() const {
    double total = 0.0;
    for (int64_t row = 0; row < inputs_.rows; ++row) total += weight(row);
    return total;
  }

  double value(const Eigen::VectorXd& theta) const override {
    double sum = 0.5 * theta.dot(penalty_.cwiseProduct(theta));
    for (int64_t row = 0; row < inputs_.rows; ++row) sum += weight(row) * loss(design(row) * theta, row);
    return sum;
  }

  double value(const Eigen::VectorXd& theta, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian) const override {
    gradient = penalty_.cwiseProduct(theta);
    hessian = penalty_.asDiagonal();
    for (int64_t row = 0; row < inputs_.rows; ++row) {
      const Eigen::MatrixXd x = design(row);
      Eigen::VectorXd slope;
      Eigen::MatrixXd curvature;
      loss_derivatives(x * theta, row, slope, curvature);
      gradient += weight(row) * x.transpose() * slope;
      hessian += weight(row) * x.transpose() * curvature * x;
    }
    return value(theta);
  }

 private:
  double weight(int64_t row) const { return weights_.empty() ? 1.0 : weights_[static_cast<size_t>(row)]; }
  double label(int64_t row) const { return labels_[static_cast<size_t>(row)]; }

  Eigen::MatrixXd design(int64_t row) const {  // [K, unknowns]
    Eigen::MatrixXd x = Eigen::MatrixXd::Zero(inputs_.outputs, unknowns());
    const std::span<const double> said = inputs_.row(row);
    for (int64_t member = 0; member < inputs_.members; ++member)
      for (int64_t output = 0; output < inputs_.outputs; ++output)
        x(output, member) = said[static_cast<size_t>(member * inputs_.outputs + output)];
    for (int64_t output = 0; output < inputs_.outputs; ++output) x(output, inputs_.members + output) = 1.0;
    if (gated()) x(0, unknowns() - 1) = inputs_.without_text[static_cast<size_t>(row)];
    return x;
  }

  double loss(const Eigen::VectorXd& margin, int64_t row) const {
    switch (task_) {
      case data::Task::kBinary:
        return log1p_exp(margin[0]) - label(row) * margin[0];
      case data::Task::kMulticlass:
      case data::Task::kOrdinal: {
        const double top = margin.maxCoeff();
        return top + std::log((margin.array() - top).exp().sum()) - margin[static_cast<int64_t>(label(row))];
      }
      case data::Task::kRegression:
        return 0.5 * (margin[0] - label(row)) * (margin[0] - label(row)) / variance_;
      case data::Task::kMultilabel:
        break;
    }
    RIFT_FAIL(Code::kBug, "a fusion of several labels");
  }

  void loss_derivatives(const Eigen::VectorXd& margin, int64_t row, Eigen::VectorXd& slope,
                        Eigen::MatrixXd& curvature) const {
    slope = Eigen::VectorXd::Zero(inputs_.outputs);
    curvature = Eigen::MatrixXd::Zero(inputs_.outputs, inputs_.outputs);
    switch (task_) {
      case data::Task::kBinary: {
        const double p = sigmoid(margin[0]);
        slope[0] = p - label(row);
        curvature(0, 0) = p * (1.0 - p);
        return;
      }
      case data::Task::kMulticlass:
      case data::Task::kOrdinal: {
        Eigen::VectorXd p = (margin.array() - margin.maxCoeff()).exp();
        p /= p.sum();
        slope = p;
        slope[static_cast<int64_t>(label(row))] -= 1.0;
        curvature = Eigen::MatrixXd(p.asDiagonal()) - p * p.transpose();
        return;
      }
      case data::Task::kRegression:
        slope[0] = (margin[0] - label(row)) / variance_;
        curvature(0, 0) = 1.0 / variance_;
        return;
      case data::Task::kMultilabel:
        break;
    }
  }

  data::Task task_;
  const StackInputs& inputs_;
  std::span<const double> labels_;
  std::span<const double> weights_;
  double variance_ = 0.0;
  Eigen::VectorXd penalty_;
};

}  // namespace

Json StackWeights::to_json() const {
  return Json{{"member", member}, {"offset", offset}, {"without_text", without_text}};
}

StackWeights StackWeights::from_json(const Json& json) {
  StackWeights weights{json.at("member").as_doubles(), json.at("offset").as_doubles(),
                       json.at("without_text").as_double()};
  for (const double weight : weights.member)
    RIFT_REQUIRE(weight >= 0.0, Code::kArtefact, "fusion: expected weights >= 0, got {}", weight);
  return weights;
}

StackWeights fit_stack_weights(data::Task task, const StackInputs& inputs, std::span<const double> labels,
                               std::span<const double> weights) {
  RIFT_CHECK(static_cast<int64_t>(labels.size()) == inputs.rows && inputs.rows > 0);
  const Problem problem(task, inputs, labels, weights);
  const BoundedMinimum found = minimise_bounded(problem, Eigen::VectorXd::Zero(problem.unknowns()),
                                                {.tolerance = 1e-10 * problem.total_weight()});
  const Eigen::VectorXd& theta = found.at;
  StackWeights fitted;
  for (int64_t i = 0; i < inputs.members; ++i) fitted.member.push_back(theta[i]);
  for (int64_t i = 0; i < inputs.outputs; ++i) fitted.offset.push_back(theta[inputs.members + i]);
  if (problem.gated()) fitted.without_text = theta[problem.unknowns() - 1];
  return fitted;
}

std::vector<double> apply_stack_weights(const StackWeights& weights, const StackInputs& inputs) {
  RIFT_CHECK(static_cast<int64_t>(weights.member.size()) == inputs.members);
  RIFT_CHECK(static_cast<int64_t>(weights.offset.size()) == inputs.outputs);
  std::vector<double> values;
  values.reserve(static_cast<size_t>(inputs.rows * inputs.outputs));
  for (int64_t row = 0; row < inputs.rows; ++row) {
    const std::span<const double> said = inputs.row(row);
    for (int64_t output = 0; output < inputs.outputs; ++output) {
      double value = weights.offset[static_cast<size_t>(output)];
      for (int64_t member = 0; member < inputs.members; ++member)
        value +=
            weights.member[static_cast<size_t>(member)] * said[static_cast<size_t>(member * inputs.outputs + output)];
      if (!inputs.without_text.empty() && inputs.without_text[static_cast<size_t>(row)]) value += weights.without_text;
      values.push_back(value);
    }
  }
  return values;
}

}  // namespace rift::classic
