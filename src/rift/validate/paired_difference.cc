#include <algorithm>

#include "rift/base/error.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/bootstrap.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/rows.h"
#include "rift/validate/evaluation.h"

namespace rift::validate {
namespace {

PairedDifference by_delong(const JudgedRows& a, const JudgedRows& b) {
  const auto of_a = metrics::delong(a.label, a.score, a.weight);
  const auto of_b = metrics::delong(b.label, b.score, b.weight);
  if (of_a && of_b) {
    const metrics::AucDifference d = metrics::compare_auc(*of_a, *of_b);
    return {"auc", d.difference, d.low, d.high, d.p};
  }
  // One row of a class shows no spread: every difference is possible.
  const double area_a = metrics::auc(a.label, a.score, a.weight).value_or(0.0);
  const double area_b = metrics::auc(b.label, b.score, b.weight).value_or(0.0);
  return {"auc", area_a - area_b, -1.0, 1.0, 1.0};
}

std::vector<double> losses(const JudgedRows& rows) {
  std::vector<double> loss(rows.label.size());
  for (size_t row = 0; row < loss.size(); ++row) {
    if (rows.task == data::Task::kRegression) {
      loss[row] = (rows.score[row] - rows.label[row]) * (rows.score[row] - rows.label[row]);
    } else {
      const auto outcome = row * static_cast<size_t>(rows.classes) + static_cast<size_t>(rows.label[row]);
      loss[row] = metrics::log_loss_of(rows.probability[outcome]);
    }
  }
  return loss;
}

/// Mean loss of b minus that of a, from one resampling of the rows.
PairedDifference by_bootstrap(const JudgedRows& a, const JudgedRows& b, std::string metric,
                              const EvaluationOptions& options) {
  std::vector<double> gain = losses(b);
  const std::vector<double> of_a = losses(a);
  for (size_t row = 0; row < gain.size(); ++row) gain[row] -= of_a[row];
  const metrics::WeightedFigures mean = [&](std::span<const double> weight, std::span<double> out) {
    double sum = 0.0;
    double total = 0.0;
    for (size_t row = 0; row < gain.size(); ++row) {
      const double w = metrics::weight_of(weight, row);
      sum += w * gain[row];
      total += w;
    }
    out[0] = total > 0.0 ? sum / total : 0.0;
  };
  PairedDifference result{.metric = std::move(metric)};
  mean(a.weight, std::span(&result.difference, 1));
  const std::vector<double> replicates = metrics::bootstrap_replicates(
      a.weight, a.rows(), 1, mean, {.replicates = std::max<int64_t>(options.replicates, 1), .seed = options.seed});
  const auto interval = metrics::percentile_interval(replicates, 0.95);
  result.low = interval ? interval->low : result.difference;
  result.high = interval ? interval->high : result.difference;
  result.p = metrics::bootstrap_p(replicates);
  return result;
}

}  // namespace

PairedDifference compare_pair(const JudgedRows& a, const JudgedRows& b, const EvaluationOptions& options) {
  RIFT_CHECK(a.task == b.task && a.rows() == b.rows());
  switch (a.task) {
    case data::Task::kBinary:
      return by_delong(a, b);
    case data::Task::kMulticlass:
      return by_bootstrap(a, b, "log_loss", options);
    case data::Task::kRegression:
      return by_bootstrap(a, b, "mse", options);
  }
  RIFT_CHECK(false);
  return {};
}

}  // namespace rift::validate
