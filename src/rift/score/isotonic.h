#pragma once

#include <span>
#include <vector>

namespace rift::score {

/// A function that never falls, linear between its points and constant beyond them.
struct Isotonic {
  std::vector<double> x;          // [points], at least one; ascending, distinct
  std::vector<double> y;          // [points], not falling
  double at(double value) const;  // NaN for NaN
};

/// Weighted least squares under y not falling in x, by pooling adjacent violators; rows of equal x are one first. Of
/// each run of equal y the first and the last x are kept, as scikit-learn's IsotonicRegression does. Rows without
/// weight are left out; some row has to have one. x finite [N], y [N], weights [N] or empty for all one.
/// Source: Barlow et al. (1972); Zadrozny & Elkan, KDD 2002.
Isotonic fit_isotonic(std::span<const double> x, std::span<const double> y, std::span<const double> weights);

}  // namespace rift::score
