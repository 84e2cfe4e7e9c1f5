#include "rift/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rift/base/error.h"

namespace rift::optim {
namespace {

/// From `from` to `to` by half a cosine.
double half_cosine(double from, double to, double progress) {
  return to + 0.5 * (from - to) * (1.0 + std::cos(std::numbers::pi * progress));
}

double after_warmup(const ConstantSchedule&, double) { return 1.0; }
double after_warmup(const LinearSchedule&, double progress) { return 1.0 - progress; }
double after_warmup(const CosineSchedule&, double progress) { return half_cosine(1.0, 0.0, progress); }
double after_warmup(const PolynomialSchedule& schedule, double progress) {
  return std::pow(1.0 - progress, schedule.power);
}
double after_warmup(const PlateauSchedule&, double) { return 1.0; }

double one_cycle_factor(const OneCycleSchedule& schedule, double rise, int64_t step, int64_t total_steps) {
  const double at = static_cast<double>(step);
  const double last = static_cast<double>(total_steps - 1);
  const double top = std::max(0.0, rise * static_cast<double>(total_steps) - 1.0);
  const double first = 1.0 / schedule.rises_from;
  if (top > 0 && at <= top) return half_cosine(first, 1.0, at / top);
  return half_cosine(1.0, first / schedule.falls_to, last > top ? (at - top) / (last - top) : 0.0);
}

}  // namespace

double schedule_factor(const ScheduleOptions& schedule, double warmup, int64_t step, int64_t total_steps) {
  RIFT_CHECK(step >= 0 && total_steps > 0);
  if (const auto* cycle = std::get_if<OneCycleSchedule>(&schedule.kind)) {
    return one_cycle_factor(*cycle, warmup, step, total_steps);
  }
  const auto warmup_steps = static_cast<int64_t>(std::ceil(warmup * static_cast<double>(total_steps)));
  if (step < warmup_steps) return static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  const double rest = static_cast<double>(std::max<int64_t>(1, total_steps - warmup_steps));
  const double progress = std::min(1.0, static_cast<double>(step - warmup_steps) / rest);
  return std::visit(
      [&](const auto& kind) -> double {
        if constexpr (std::is_same_v<std::decay_t<decltype(kind)>, OneCycleSchedule>) {
          RIFT_FAIL(Code::kBug, "one_cycle has no warm-up of its own");
        } else {
          return after_warmup(kind, progress);
        }
      },
      schedule.kind);
}

bool Plateau::evaluated(double figure, bool higher_is_better) {
  RIFT_CHECK(std::isfinite(figure));
  const double by = options_.threshold * std::abs(state_.best.value_or(0.0));
  const bool better = !state_.best || (higher_is_better ? figure > *state_.best + by : figure < *state_.best - by);
  if (better) {
    state_.best = figure;
    state_.worse = 0;
    return false;
  }
  if (++state_.worse <= options_.patience) return false;
  state_.worse = 0;
  const double before = state_.factor;
  state_.factor = std::max(state_.factor * options_.factor, options_.least);
  return state_.factor < before;
}

}  // namespace rift::optim
