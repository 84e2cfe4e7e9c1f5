#pragma once

#include <cstdint>
#include <span>

#include "rift/metrics/interval.h"

/// Figures of cross-validation and how sure they are.
namespace rift::metrics {

/// Of at least one value.
double mean_of(std::span<const double> values);

/// Half-width factor of a two-sided interval by Student's t: 2.776 at level .95 with 4 degrees of freedom (>= 1).
/// Source: Abramowitz & Stegun, 26.7.3 and 26.7.4, inverted by bisection.
double student_width(int64_t degrees, double level);

/// The mean of one figure per fold, each judged on a fold by a model fitted on the others. The folds' models share most
/// of their rows, so the variance of the mean is (1/k + 1/(k-1)) s^2 and not s^2 / k; t with k - 1 degrees of freedom.
/// Differences of two models on the same folds: give the differences. At least two folds.
/// Source: Nadeau & Bengio, Machine Learning 52 (2003), eq. 9, with test rows : training rows = 1 : (k-1).
Estimate mean_over_folds(std::span<const double> values, double level = 0.95);

/// A figure of all rows with an interval from the same figure without one fold after the other, by the jackknife of
/// groups: variance (k-1)/k times the sum of squared distances to their mean; t with k - 1 degrees of freedom.
/// Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 11.
Estimate jackknife(double value, std::span<const double> without_fold, double level = 0.95);

}  // namespace rift::metrics
