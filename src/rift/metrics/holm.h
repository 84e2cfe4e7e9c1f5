#pragma once

#include <span>
#include <vector>

namespace rift::metrics {

/// p-values corrected for having asked several questions at once (Holm, Scand. J. Statist. 6, 1979): sorted ascending,
/// the i-th of m is multiplied by m - i + 1, made non-decreasing and cut at 1. Order of the input kept. Same result as
/// statsmodels' multipletests(method="holm").
std::vector<double> holm(std::span<const double> p_values);

}  // namespace rift::metrics
