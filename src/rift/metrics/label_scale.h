#pragma once

#include <optional>
#include <span>

#include "rift/metrics/rows.h"

namespace rift::metrics {

/// Where the labels of a regression lie and how far they spread: a model that learns (label - mean) / deviation is
/// blind to their unit. Weighted mean, and the root of the weighted mean of squared distances to it; 1 when all are
/// equal.
struct LabelScale {
  double mean = 0.0;
  double deviation = 1.0;
  double scaled(double label) const { return (label - mean) / deviation; }
};
/// nullopt without weight.
std::optional<LabelScale> label_scale(std::span<const double> label, std::span<const double> weight = {});

}  // namespace rift::metrics
