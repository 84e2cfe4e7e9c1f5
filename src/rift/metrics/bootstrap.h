#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "rift/metrics/interval.h"

namespace rift::metrics {

/// How many times rows are drawn anew. The numbers come from (seed, replicate, draw) alone: the same on any number of
/// threads.
struct BootstrapOptions {
  int64_t replicates = 1000;
  double level = 0.95;
  int64_t seed = 1;
};

/// Figures of one weighting of the rows, K of them written to `out`; NaN where one is undefined. Called from several
/// threads at once.
using WeightedFigures = std::function<void(std::span<const double> weight, std::span<double> out)>;

/// Each replicate draws N of N rows with replacement; a row's weight is then weight * times drawn (weight empty = 1).
/// All figures of a replicate see the same draw, so that differences of two of them are paired.
///   -> [replicates * figures] row-major
/// Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), ch. 13.
std::vector<double> bootstrap_replicates(std::span<const double> weight, int64_t rows, int64_t figures,
                                         const WeightedFigures& body, const BootstrapOptions& options);

/// The (1-level)/2 and (1+level)/2 quantiles (linear between order statistics, as numpy), NaN left out; nullopt when
/// fewer than half of the values are defined.
std::optional<Interval> percentile_interval(std::span<const double> values, double level);

/// For a figure that noise alone raises, such as a largest distance or a mean of absolute gaps: its replicates lie
/// above `value`, which lies above the truth. Ends corrected for that bias b = mean - value: the lower of the two low
/// ends and the higher of the two high ends of the basic interval [2 value - q_high, 2 value - q_low] and of the
/// percentile interval moved by the bias [q_low - 2b, q_high - b], within [0, 1]; the value lies inside. nullopt as
/// above. Source: Davison & Hinkley, Bootstrap Methods and their Application (1997), ch. 5.2; the bias is taken off the
/// value once and off its replicates twice.
std::optional<Interval> corrected_interval(std::span<const double> values, double value, double level);

/// Two-sided p of "the difference is 0" from replicates of the difference: twice the smaller share on either side of 0,
/// each counted with one more (Davison & Hinkley 1997, eq. 4.11), at most 1. NaN left out; 1 without values.
double bootstrap_p(std::span<const double> differences);

/// Column k of [replicates * figures].
std::vector<double> replicate_column(std::span<const double> replicates, int64_t figures, int64_t k);

}  // namespace rift::metrics
