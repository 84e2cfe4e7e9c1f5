#include "rift/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rift/base/error.h"

namespace rift::optim {

double schedule_factor(Schedule schedule, double warmup, int64_t step, int64_t total_steps) {
  RIFT_CHECK(step >= 0 && total_steps > 0);
  const auto warmup_steps = static_cast<int64_t>(std::ceil(warmup * static_cast<double>(total_steps)));
  if (step < warmup_steps) return static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  const double rest = static_cast<double>(std::max<int64_t>(1, total_steps - warmup_steps));
  const double progress = std::min(1.0, static_cast<double>(step - warmup_steps) / rest);
  switch (schedule) {
    case Schedule::kConstant:
      return 1.0;
    case Schedule::kLinear:
      return 1.0 - progress;
    case Schedule::kCosine:
      return 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  }
  RIFT_FAIL(Code::kBug, "schedule without a rule");
}

}  // namespace rift::optim
