#pragma once

#include <cstdint>
#include <optional>

#include "rift/optim/schedule_options.h"

namespace rift::optim {

/// Learning-rate factor in [0, 1] of step `step` (0-based) out of `total_steps`.
///   warm-up over w = ceil(warmup * total) steps: (step + 1) / w, so that the first step already moves;
///   then with p = (step - w) / (total - w):  constant and plateau 1, linear 1 - p, cosine (1 + cos(pi p)) / 2,
///   polynomial (1 - p)^power.
/// one_cycle has the warm-up's share of the steps for its rise and begins and ends where its settings say.
double schedule_factor(const ScheduleOptions& schedule, double warmup, int64_t step, int64_t total_steps);

/// What an evaluation after evaluation makes of the rate under PlateauSchedule.
class Plateau {
 public:
  struct State {
    double factor = 1.0;
    std::optional<double> best;
    int64_t worse = 0;  // evaluations since the best one, or since the rate fell
  };
  explicit Plateau(const PlateauSchedule& options) : options_(options) {}
  /// Returns whether the rate fell. The figure is finite.
  bool evaluated(double figure, bool higher_is_better);
  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  PlateauSchedule options_;
  State state_;
};

}  // namespace rift::optim
