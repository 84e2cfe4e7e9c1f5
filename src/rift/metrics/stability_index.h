#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/metrics/rows.h"

namespace rift::metrics {

/// One bin of a comparison of two distributions: values in (the bin before's upper, upper]; the last bin has no upper
/// end (infinity), the bin of missing values has upper = NaN and stands last.
struct StabilityBin {
  double upper = 0.0;
  double expected_share = 0.0;
  double actual_share = 0.0;
  double contribution = 0.0;
};

/// Population stability index = sum over bins of (actual - expected) * ln(actual / expected).
///   bins: `bins` parts of equal weight of the expected values, tied values together (equal_parts())
///   a share of nothing counts as half a row (half of the mean weight), so that no bin is infinite
///   NaN = missing: a bin of its own when either side has one
/// Usual reading: below .10 stable, .10 to .25 watch, above .25 shifted. Source: Siddiqi, Credit Risk Scorecards
/// (2006).
struct StabilityIndex {
  double value = 0.0;
  std::vector<StabilityBin> bins;
};
/// nullopt when either side has no rows.
std::optional<StabilityIndex> stability_index(std::span<const double> expected, std::span<const double> actual,
                                              int64_t bins = 10);

/// The same over bins that are there already, such as the values of a category: rows of each on both sides.
/// nullopt when either side has no rows.
std::optional<double> stability_index_of_counts(std::span<const double> expected, std::span<const double> actual);

}  // namespace rift::metrics
