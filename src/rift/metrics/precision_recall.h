#pragma once

#include <optional>
#include <span>

#include "rift/metrics/score_counts.h"

namespace rift::metrics {

/// Average precision = sum over distinct scores, highest first, of (recall gained) * (precision so far): the area under
/// the precision-recall steps without interpolation. Equals scikit-learn's average_precision_score. Its level without
/// any skill is the share of bad rows. nullopt without a bad row (scikit-learn says 0 there).
std::optional<double> average_precision(const ScoreCounts& counts);
std::optional<double> average_precision(std::span<const double> label, std::span<const double> score,
                                        std::span<const double> weight = {});

}  // namespace rift::metrics
