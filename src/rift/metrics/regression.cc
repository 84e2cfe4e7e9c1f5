#include "rift/metrics/regression.h"

#include <cmath>

#include "rift/base/error.h"

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

std::optional<double> pinball_loss(std::span<const double> label, std::span<const double> prediction, double level,
                                   std::span<const double> weight) {
  return mean_over_rows(label, prediction, weight,
                        [&](double y, double q) { return y > q ? level * (y - q) : (1.0 - level) * (q - y); });
}

std::optional<double> tweedie_deviance(std::span<const double> label, std::span<const double> prediction, double power,
                                       std::span<const double> weight) {
  RIFT_CHECK(power >= 1.0 && power <= 2.0);
  bool is_defined = true;
  const auto mean = mean_over_rows(label, prediction, weight, [&](double y, double m) {
    if (!(m > 0.0) || y < 0.0 || (power == 2.0 && y == 0.0)) {
      is_defined = false;
      return 0.0;
    }
    if (power == 1.0) return 2.0 * ((y > 0.0 ? y * std::log(y / m) : 0.0) - y + m);
    if (power == 2.0) return 2.0 * (std::log(m / y) + y / m - 1.0);
    const double lower = 1.0 - power, upper = 2.0 - power;
    return 2.0 * (std::pow(y, upper) / (lower * upper) - y * std::pow(m, lower) / lower + std::pow(m, upper) / upper);
  });
  return is_defined ? mean : std::nullopt;
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
