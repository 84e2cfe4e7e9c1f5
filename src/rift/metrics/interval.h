#pragma once

namespace rift::metrics {

struct Interval {
  double low = 0.0;
  double high = 0.0;
  bool operator==(const Interval&) const = default;
};

/// A figure with its confidence interval. low <= high; the value lies inside for every method of this room but the
/// percentile bootstrap, which promises nothing about it.
struct Estimate {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
  bool operator==(const Estimate&) const = default;
};

/// P(|Z| >= |z|): the p-value of a two-sided test.
double two_sided_p(double z);

/// Half-width factor of a two-sided interval: 1.96 at level .95. `level` in (0, 1).
double normal_width(double level);

}  // namespace rift::metrics
