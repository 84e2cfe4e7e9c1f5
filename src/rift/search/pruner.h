#pragma once

#include <memory>
#include <span>

#include "rift/search/options.h"
#include "rift/search/study.h"

namespace rift::search {

/// Decides whether a running trial goes on, after each of its reports. One objective only.
class Pruner {
 public:
  virtual ~Pruner() = default;
  /// After Study::report(trial, step, value), step 1-based and rising: whether the trial stops here.
  virtual bool stops(Study& study, int64_t trial_id) const = 0;
};

/// Asynchronous successive halving: rungs at first_evaluation * reduction^k. A trial that reaches one goes on if its
/// value is among the best 1 / reduction of those that have reached it so far, itself included (the best one as long as
/// there are fewer). Values stand as completed_rung_<k> in the trial's attributes, as Optuna's SuccessiveHalvingPruner
/// keeps them, so that either goes on with the other's study. NaN stops.
/// Source: Li et al., arXiv:1810.05934, algorithm 2; without pausing: a trial is stopped rather than set aside.
/// Median: a trial stops at a step where its best value so far is worse than the median of what the complete trials
/// reported at that step, once `startup_trials` are complete. (Golovin et al., Google Vizier, KDD 2017, sec. 3.2.)
std::unique_ptr<Pruner> make_pruner(const PrunerOptions& options);

}  // namespace rift::search
