#include "rift/metrics/regression.h"

#include <cmath>

namespace rift::metrics {
namespace {

template <class Value>
std::optional<double> weighted_mean(std::span<const double> label, std::span<const double> prediction,
                                    std::span<const double> weight, const Value& value) {
  check_rows(label, prediction, weight);
  check_finite(label, "label");
  check_finite(prediction, "prediction");
  double sum = 0.0;
  double total = 0.0;
  for (size_t row = 0; row < label.size(); ++row) {
    const double w = weight_of(weight, row);
    sum += w * value(label[row], prediction[row]);
    total += w;
  }
  if (!(total > 0.0)) return std::nullopt;
  return sum / total;
}

double squared_miss(double label, double prediction) { return (prediction - label) * (prediction - label); }

}  // namespace

std::optional<double> root_mean_squared_error(std::span<const double> label, std::span<const double> prediction,
                                              std::span<const double> weight) {
  const auto mean = weighted_mean(label, prediction, weight, squared_miss);
  if (!mean) return std::nullopt;
  return std::sqrt(*mean);
}

std::optional<double> mean_absolute_error(std::span<const double> label, std::span<const double> prediction,
                                          std::span<const double> weight) {
  return weighted_mean(label, prediction, weight, [](double y, double p) { return std::abs(p - y); });
}

std::optional<double> mean_error(std::span<const double> label, std::span<const double> prediction,
                                 std::span<const double> weight) {
  return weighted_mean(label, prediction, weight, [](double y, double p) { return p - y; });
}

std::optional<double> r_squared(std::span<const double> label, std::span<const double> prediction,
                                std::span<const double> weight) {
  const auto error = weighted_mean(label, prediction, weight, squared_miss);
  const auto center = weighted_mean(label, prediction, weight, [](double y, double) { return y; });
  if (!error || !center) return std::nullopt;
  const auto spread =
      weighted_mean(label, prediction, weight, [&](double y, double) { return squared_miss(y, *center); });
  // Equal labels leave rounding dust around their mean.
  if (*spread <= 1e-30 * *center * *center) return std::nullopt;
  return 1.0 - *error / *spread;
}

}  // namespace rift::metrics
