#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "rift/metrics/classification.h"

/// Metrics of ordered classes 0 .. C-1: a miss by two classes counts more than one by one.
namespace rift::metrics {

/// 1 - sum of w_ij O_ij / sum of w_ij E_ij with w_ij = (i - j)^2, O the confusion matrix and E what independent calls
/// of the same totals would give: scikit-learn's cohen_kappa_score(weights="quadratic"). 1 = all right, 0 = chance.
/// nullopt without weight, and where truth and calls hold one and the same class only. Source: Cohen, Psychological
/// Bulletin 70 (1968).
std::optional<double> quadratic_kappa(const ConfusionMatrix& matrix);

/// Squared distance of the cumulative probabilities to the outcome's step, sum over k < C-1 of
/// (P(y <= k) - [label <= k])^2 / (C-1), in [0, 1]; probability [C] of one row. Source: Epstein, Journal of Applied
/// Meteorology 8 (1969).
double ranked_probability_of(std::span<const double> probability, int64_t label);

/// Its weighted mean; probability [N*C] row-major. nullopt without weight.
std::optional<double> ranked_probability_score(std::span<const double> label, std::span<const double> probability,
                                               int64_t classes, std::span<const double> weight = {});

}  // namespace rift::metrics
