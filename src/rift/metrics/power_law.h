#pragma once

#include <optional>
#include <span>

namespace rift::metrics {

/// Error of a model as it falls with the number of labels n: floor + scale n^-rate, all three at least 0. Source:
/// Hestness et al., Deep Learning Scaling is Predictable, Empirically (2017, arXiv:1712.00409), eq. 1.
struct PowerLaw {
  double floor = 0.0;  // what no number of labels takes away
  double scale = 0.0;
  double rate = 0.0;  // 0 where scale is 0: labels change nothing
  double at(double labels) const;
  /// What twice as many labels as `labels` take off the error; never below 0.
  double doubling(double labels) const;
  /// From how many labels on doubling them takes off no more than `worth` > 0; 0 where it never does more.
  double doubling_worth_from(double worth) const;
};

/// The smallest number of different n that fixes the three numbers; with no more of them nothing is left over to judge
/// the law's form by.
inline constexpr int kFewestSizesOfALaw = 3;

/// Slowest and fastest rate that is looked for.
inline constexpr double kSlowestRate = 0.01;
inline constexpr double kFastestRate = 5.0;

/// Weighted least squares: the law that makes the sum of weight (error - law)^2 smallest, under floor >= 0, scale >= 0
/// and a rate within the bounds above. labels [N] > 0, rising; error [N]; weight [N] > 0. For each rate floor and scale
/// are a linear problem; the rate is searched on a grid, then by golden section. nullopt with fewer different n than a
/// law needs. Errors that do not fall give scale 0 and their mean as floor.
std::optional<PowerLaw> fit_power_law(std::span<const double> labels, std::span<const double> error,
                                      std::span<const double> weight);

}  // namespace rift::metrics
