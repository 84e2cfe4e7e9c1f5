#include "rift/validate/row_losses.h"

#include <algorithm>

#include "rift/metrics/bootstrap.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/rows.h"

namespace rift::validate {
namespace {

/// Mean over the labels.
double label_loss(const JudgedRows& rows, size_t row) {
  double sum = 0.0;
  for (int64_t label = 0; label < rows.classes; ++label) {
    const double p = rows.probability[row * static_cast<size_t>(rows.classes) + static_cast<size_t>(label)];
    sum += metrics::log_loss_of(data::holds(rows.label[row], label) ? p : 1.0 - p);
  }
  return sum / static_cast<double>(rows.classes);
}

}  // namespace

std::vector<double> row_losses(const JudgedRows& rows) {
  std::vector<double> loss(rows.label.size());
  for (size_t row = 0; row < loss.size(); ++row) {
    const double label = rows.label[row];
    switch (rows.task) {
      case data::Task::kBinary:
        loss[row] = metrics::log_loss_of(label == 1.0 ? rows.probability[row] : 1.0 - rows.probability[row]);
        break;
      case data::Task::kMulticlass:
      case data::Task::kOrdinal:
        loss[row] = metrics::log_loss_of(
            rows.probability[row * static_cast<size_t>(rows.classes) + static_cast<size_t>(label)]);
        break;
      case data::Task::kMultilabel:
        loss[row] = label_loss(rows, row);
        break;
      case data::Task::kRegression:
        loss[row] = (rows.score[row] - label) * (rows.score[row] - label);
        break;
    }
  }
  return loss;
}

std::string loss_name(data::Task task) { return task == data::Task::kRegression ? "mse" : "log_loss"; }

PairedDifference difference_of_means(std::span<const double> gain, std::span<const double> weight, std::string metric,
                                     const EvaluationOptions& options) {
  const metrics::WeightedFigures mean = [&](std::span<const double> of_rows, std::span<double> out) {
    double sum = 0.0;
    double total = 0.0;
    for (size_t row = 0; row < gain.size(); ++row) {
      const double w = metrics::weight_of(of_rows, row);
      sum += w * gain[row];
      total += w;
    }
    out[0] = total > 0.0 ? sum / total : 0.0;
  };
  double difference = 0.0;
  mean(weight, std::span(&difference, 1));
  const std::vector<double> replicates =
      metrics::bootstrap_replicates(weight, static_cast<int64_t>(gain.size()), 1, mean,
                                    {.replicates = std::max<int64_t>(options.replicates, 1), .seed = options.seed});
  const auto interval = metrics::percentile_interval(replicates, 0.95);
  const PairedDifference::Noise noise{.low = interval ? interval->low : difference,
                                      .high = interval ? interval->high : difference,
                                      .p = metrics::bootstrap_p(replicates)};
  return {std::move(metric), difference, noise};
}

}  // namespace rift::validate
