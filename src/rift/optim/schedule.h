#pragma once

#include <cstdint>

#include "rift/optim/options.h"

namespace rift::optim {

/// Learning-rate factor in [0, 1] of step `step` (0-based) out of `total_steps`.
///   warm-up over w = ceil(warmup * total) steps: (step + 1) / w, so that the first step already moves;
///   then with p = (step - w) / (total - w):  constant 1, linear 1 - p, cosine (1 + cos(pi p)) / 2.
double schedule_factor(Schedule schedule, double warmup, int64_t step, int64_t total_steps);

}  // namespace rift::optim
