#include "rift/metrics/regression.h"

#include <cmath>

namespace rift::metrics {
namespace {

template <class Value>
std::optional<double> mean_over_rows(std::span<const double> label, std::span<const double> prediction,
                                     std::span<const double> weight, const Value& value) {
  check_rows(label, prediction, weight);
  check_finite(label, "label");
  check_finite(prediction, "prediction");
  return weighted_mean(label.size(), weight, [&](size_t row) { return value(label[row], prediction[row]); });
}

double squared_miss(double label, double prediction) { return (prediction - label) * (prediction - label); }

}  // namespace

std::optional<double> root_mean_squared_error(std::span<const double> label, std::span<const double> prediction,
                                              std::span<const double> weight) {
  const auto mean = mean_over_rows(label, prediction, weight, squared_miss);
  if (!mean) return std::nullopt;
  return std::sqrt(*mean);
}

std::optional<double> mean_absolute_error(std::span<const double> label, std::span<const double> prediction,
                                          std::span<const double> weight) {
  return mean_over_rows(label, prediction, weight, [](double y, double p) { return std::abs(p - y); });
}

std::optional<double> mean_error(std::span<const double> label, std::span<const double> prediction,
                                 std::span<const double> weight) {
  return mean_over_rows(label, prediction, weight, [](double y, double p) { return p - y; });
}

std::optional<double> r_squared(std::span<const double> label, std::span<const double> prediction,
                                std::span<const double> weight) {
  const auto error = mean_over_rows(label, prediction, weight, squared_miss);
  const auto center = mean_over_rows(label, prediction, weight, [](double y, double) { return y; });
  if (!error || !center) return std::nullopt;
  const auto spread =
      mean_over_rows(label, prediction, weight, [&](double y, double) { return squared_miss(y, *center); });
  // Equal labels leave rounding dust around their mean.
  if (*spread <= 1e-30 * *center * *center) return std::nullopt;
  return 1.0 - *error / *spread;
}

}  // namespace rift::metrics
