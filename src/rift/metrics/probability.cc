#include "rift/metrics/probability.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "rift/base/error.h"
#include "rift/metrics/score_counts.h"

namespace rift::metrics {
namespace {

void check_pd_rows(std::span<const double> label, std::span<const double> pd, std::span<const double> weight) {
  check_rows(label, pd, weight);
  check_binary(label);
  check_probability(pd, "pd");
}

std::vector<int64_t> equal_width_bins(std::span<const double> pd, int64_t bins) {
  // The edges as numpy.linspace makes them, so that a pd on an edge falls to the same side as in scikit-learn.
  std::vector<double> inner_edges(static_cast<size_t>(bins - 1));
  const double step = 1.0 / static_cast<double>(bins);
  for (size_t i = 0; i < inner_edges.size(); ++i) inner_edges[i] = static_cast<double>(i + 1) * step;
  std::vector<int64_t> bin(pd.size());
  for (size_t row = 0; row < pd.size(); ++row) {
    bin[row] = std::lower_bound(inner_edges.begin(), inner_edges.end(), pd[row]) - inner_edges.begin();
  }
  return bin;
}

std::vector<int64_t> equal_count_bins(std::span<const double> pd, std::span<const double> weight, int64_t bins) {
  const std::vector<double> any_label(pd.size(), 0.0);
  const ScoreOrder order(any_label, pd);
  const std::vector<int64_t> part = equal_parts(order.counts(weight).good, bins);
  std::vector<int64_t> bin(pd.size());
  for (size_t row = 0; row < pd.size(); ++row) bin[row] = part[order.group()[row]];
  return bin;
}

}  // namespace

std::optional<double> brier_score(std::span<const double> label, std::span<const double> pd,
                                  std::span<const double> weight) {
  check_pd_rows(label, pd, weight);
  return weighted_mean(label.size(), weight,
                       [&](size_t row) { return (pd[row] - label[row]) * (pd[row] - label[row]); });
}

double log_loss_of(double probability_of_outcome) {
  constexpr double kEps = std::numeric_limits<double>::epsilon();
  return -std::log(std::clamp(probability_of_outcome, kEps, 1.0 - kEps));
}

std::optional<double> log_loss(std::span<const double> label, std::span<const double> pd,
                               std::span<const double> weight) {
  check_pd_rows(label, pd, weight);
  return weighted_mean(label.size(), weight,
                       [&](size_t row) { return log_loss_of(label[row] == 1.0 ? pd[row] : 1.0 - pd[row]); });
}

std::optional<double> log_loss(std::span<const double> label, std::span<const double> probability, int64_t classes,
                               std::span<const double> weight) {
  RIFT_CHECK(classes > 0 && probability.size() == label.size() * static_cast<size_t>(classes));
  check_rows(label, label, weight);
  check_classes(label, classes, "label");
  check_probability(probability, "probability", classes);
  return weighted_mean(label.size(), weight, [&](size_t row) {
    return log_loss_of(probability[row * static_cast<size_t>(classes) + static_cast<size_t>(label[row])]);
  });
}

std::vector<int64_t> calibration_bin_of(std::span<const double> pd, std::span<const double> weight,
                                        const CalibrationOptions& options) {
  RIFT_CHECK(options.bins > 0);
  return options.rule == BinRule::kEqualWidth ? equal_width_bins(pd, options.bins)
                                              : equal_count_bins(pd, weight, options.bins);
}

std::vector<CalibrationBin> calibration_bins(std::span<const double> label, std::span<const double> pd,
                                             std::span<const double> weight, const CalibrationOptions& options) {
  check_pd_rows(label, pd, weight);
  const std::vector<int64_t> bin_of = calibration_bin_of(pd, weight, options);
  std::vector<CalibrationBin> bins(static_cast<size_t>(options.bins));
  for (size_t row = 0; row < pd.size(); ++row) {
    const double w = weight_of(weight, row);
    CalibrationBin& bin = bins[static_cast<size_t>(bin_of[row])];
    bin.bin = bin_of[row];
    ++bin.rows;
    bin.weight += w;
    bin.mean_pd += w * pd[row];
    bin.bad_rate += w * label[row];
  }
  std::erase_if(bins, [](const CalibrationBin& bin) { return !(bin.weight > 0.0); });
  for (CalibrationBin& bin : bins) {
    bin.mean_pd /= bin.weight;
    bin.bad_rate /= bin.weight;
  }
  return bins;
}

std::optional<double> calibration_error(std::span<const CalibrationBin> bins) {
  double error = 0.0;
  double total = 0.0;
  for (const CalibrationBin& bin : bins) {
    error += bin.weight * std::abs(bin.mean_pd - bin.bad_rate);
    total += bin.weight;
  }
  if (!(total > 0.0)) return std::nullopt;
  return error / total;
}

std::optional<double> calibration_error(std::span<const double> label, std::span<const double> pd,
                                        std::span<const double> weight, const CalibrationOptions& options) {
  return calibration_error(calibration_bins(label, pd, weight, options));
}

}  // namespace rift::metrics
