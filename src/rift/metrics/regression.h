#pragma once

#include <optional>
#include <span>

#include "rift/metrics/rows.h"

/// Errors of a predicted amount, as scikit-learn's mean_squared_error, mean_absolute_error and r2_score.
/// All are nullopt without weight; NaN or infinite values throw kData.
namespace rift::metrics {

/// sqrt of the weighted mean of (prediction - label)^2, in the label's unit.
std::optional<double> root_mean_squared_error(std::span<const double> label, std::span<const double> prediction,
                                              std::span<const double> weight = {});
/// Weighted mean of |prediction - label|, in the label's unit.
std::optional<double> mean_absolute_error(std::span<const double> label, std::span<const double> prediction,
                                          std::span<const double> weight = {});
/// Weighted mean of (prediction - label): what is predicted too high on average, in the label's unit.
std::optional<double> mean_error(std::span<const double> label, std::span<const double> prediction,
                                 std::span<const double> weight = {});
/// 1 - squared error / squared distance of the labels to their mean; 0 = as good as the mean, negative = worse.
/// nullopt when all labels are equal (scikit-learn says 0 or 1 there).
std::optional<double> r_squared(std::span<const double> label, std::span<const double> prediction,
                                std::span<const double> weight = {});

}  // namespace rift::metrics
