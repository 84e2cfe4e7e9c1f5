#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "rift/search/trial.h"

namespace rift::search {

/// Values turned such that less is better.
std::vector<double> losses_of(std::span<const double> values, const std::vector<Direction>& directions);

/// Whether a is at least as good in everything and better in something. losses [K] each.
bool dominates(std::span<const double> a, std::span<const double> b);

/// The front of each point: 0 = dominated by none, 1 = by none but those of front 0, ... NaN counts as infinite.
///   losses [N][K] -> [N]
std::vector<int64_t> fronts(const std::vector<std::vector<double>>& losses);

/// Points, best first: by front; within one those at its ends, then those whose neighbours on the front are farthest
/// (crowding distance of NSGA-II: Deb et al., IEEE Trans. Evol. Comp. 6 (2002), sec. III-B). One objective: by its
/// value. Equal ones keep their order.
std::vector<size_t> best_first(const std::vector<std::vector<double>>& losses);

/// COMPLETE trials that none dominates, in the order of their numbers.
std::vector<const Trial*> pareto_front(std::span<const Trial> trials, const std::vector<Direction>& directions);

}  // namespace rift::search
