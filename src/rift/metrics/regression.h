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
/// Weighted mean of max(t (y - q), (t - 1) (y - q)), q the prediction of the quantile of level t: scikit-learn's
/// mean_pinball_loss, in the label's unit.
std::optional<double> pinball_loss(std::span<const double> label, std::span<const double> prediction, double level,
                                   std::span<const double> weight = {});
/// Weighted mean of the unit deviance of the family whose variance is mean^power: scikit-learn's mean_tweedie_deviance
/// with power 1 (Poisson), between 1 and 2, and 2 (gamma). nullopt also where a prediction is not above 0 or a label is
/// below 0 (of gamma: not above 0), for which there is none.
std::optional<double> tweedie_deviance(std::span<const double> label, std::span<const double> prediction, double power,
                                       std::span<const double> weight = {});
/// 1 - squared error / squared distance of the labels to their mean; 0 = as good as the mean, negative = worse.
/// nullopt when all labels are equal (scikit-learn says 0 or 1 there).
std::optional<double> r_squared(std::span<const double> label, std::span<const double> prediction,
                                std::span<const double> weight = {});

}  // namespace rift::metrics
