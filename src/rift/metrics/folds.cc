#include "rift/metrics/folds.h"

#include <cmath>
#include <numbers>

#include "rift/base/error.h"

namespace rift::metrics {
namespace {

/// P(|T| <= t).
double central_share(double t, int64_t degrees) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double square = std::cos(angle) * std::cos(angle);
  double term = 1.0, sum = 0.0;
  if (degrees % 2 == 0) {
    for (int64_t i = 0; 2 * i <= degrees - 2; ++i) {
      if (i > 0) term *= square * static_cast<double>(2 * i - 1) / static_cast<double>(2 * i);
      sum += term;
    }
    return std::sin(angle) * sum;
  }
  for (int64_t i = 1; 2 * i <= degrees - 1; ++i) {
    if (i > 1) term *= square * static_cast<double>(2 * i - 2) / static_cast<double>(2 * i - 1);
    sum += term;
  }
  return 2.0 / std::numbers::pi * (angle + std::sin(angle) * std::cos(angle) * sum);
}

double squares_around(std::span<const double> values, double centre) {
  double sum = 0.0;
  for (const double value : values) sum += (value - centre) * (value - centre);
  return sum;
}

}  // namespace

double mean_of(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double student_width(int64_t degrees, double level) {
  RIFT_CHECK(degrees >= 1 && level > 0.0 && level < 1.0);
  double low = 0.0, high = 1.0;
  while (central_share(high, degrees) < level) high *= 2.0;
  for (int step = 0; step < 200 && high - low > 1e-15 * high; ++step) {
    const double middle = 0.5 * (low + high);
    (central_share(middle, degrees) < level ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

Estimate mean_over_folds(std::span<const double> values, double level) {
  RIFT_CHECK(values.size() >= 2);
  const auto k = static_cast<double>(values.size());
  const double mean = mean_of(values);
  const double variance = (1.0 / k + 1.0 / (k - 1.0)) * squares_around(values, mean) / (k - 1.0);
  const double half = student_width(static_cast<int64_t>(values.size()) - 1, level) * std::sqrt(variance);
  return {.value = mean, .low = mean - half, .high = mean + half};
}

Estimate jackknife(double value, std::span<const double> without_fold, double level) {
  RIFT_CHECK(without_fold.size() >= 2);
  const auto k = static_cast<double>(without_fold.size());
  const double variance = (k - 1.0) / k * squares_around(without_fold, mean_of(without_fold));
  const double half = student_width(static_cast<int64_t>(without_fold.size()) - 1, level) * std::sqrt(variance);
  return {.value = value, .low = value - half, .high = value + half};
}

}  // namespace rift::metrics
