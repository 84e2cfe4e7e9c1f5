#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/search/space.h"

namespace rift::search {

struct Importance {
  std::string parameter;
  double share = 0.0;  // of all parameters; they add up to 1 unless nothing matters
};

struct ImportanceOptions {
  int64_t trees = 200;
  int64_t fewest_trials = 10;  // with fewer complete trials nothing is said
  uint64_t seed = 1;
};

/// Which parameters the value of a trial goes by, the most important first; empty with too few complete trials. A
/// forest of regression trees is fitted to the complete trials' values of one objective; a parameter's importance is
/// how much larger the squared error of the trials that a tree has not seen becomes when the parameter's values are
/// exchanged among them, as a share of the sum of all. An inactive parameter has a value of its own, so a conditional
/// one also counts for what its condition does. Importance holds within the space and for the trials that there are:
/// a sampler that has settled on one value of a parameter shows little of what it does elsewhere.
/// Source: Breiman, Random Forests, Machine Learning 45 (2001), sec. 10.
std::vector<Importance> importance_of(const Space& space, std::span<const Trial> trials, size_t objective,
                                      const ImportanceOptions& options = {});

}  // namespace rift::search
