#include "rift/search/pruner.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "rift/base/error.h"

namespace rift::search {
namespace {

class NoPruner final : public Pruner {
 public:
  bool stops(Study&, int64_t) const override { return false; }
};

std::string rung_key(int64_t rung) { return fmt::format("completed_rung_{}", rung); }

class AshaPruner final : public Pruner {
 public:
  explicit AshaPruner(const AshaOptions& options) : options_(options) {}

  bool stops(Study& study, int64_t trial_id) const override {
    const std::vector<Trial> trials = study.trials();
    const auto trial = std::ranges::find(trials, trial_id, &Trial::id);
    RIFT_CHECK(trial != trials.end() && trial->last_step());
    const int64_t step = *trial->last_step();
    const double value = trial->intermediate.at(step);
    const double loss = as_loss(value, study.directions().front());
    int64_t at = options_.first_evaluation;
    for (int64_t rung = 0; at <= step; ++rung, at *= options_.reduction) {
      if (trial->system_attribute(rung_key(rung)) != nullptr) continue;
      if (std::isnan(value)) return true;
      study.set_system_attribute(trial_id, rung_key(rung), finite(value));
      if (!is_promoted(loss, losses_of_others(trials, *trial, rung, study.directions().front()))) return true;
    }
    return false;
  }

 private:
  /// JSON has no infinity.
  static double finite(double value) {
    constexpr double kMost = std::numeric_limits<double>::max();
    return std::clamp(value, -kMost, kMost);
  }

  /// Several tries of one setting, the last of which took up what the others left, are one.
  static std::vector<double> losses_of_others(const std::vector<Trial>& trials, const Trial& own, int64_t rung,
                                              Direction direction) {
    std::map<int64_t, double> by_first_try;
    for (const Trial& trial : trials) {
      const Json* value = trial.system_attribute(rung_key(rung));
      if (value == nullptr || !value->is_number() || first_try(trial) == first_try(own)) continue;
      by_first_try[first_try(trial)] = as_loss(value->as_double(), direction);
    }
    std::vector<double> losses;
    for (const auto& [number, loss] : by_first_try) losses.push_back(loss);
    return losses;
  }

  bool is_promoted(double loss, std::vector<double> losses) const {
    losses.push_back(loss);
    std::ranges::sort(losses);
    const auto promoted = std::max<size_t>(1, losses.size() / static_cast<size_t>(options_.reduction));
    return loss <= losses[promoted - 1];
  }

  AshaOptions options_;
};

class MedianPruner final : public Pruner {
 public:
  explicit MedianPruner(const MedianOptions& options) : options_(options) {}

  bool stops(Study& study, int64_t trial_id) const override {
    const std::vector<Trial> trials = study.trials();
    const auto trial = std::ranges::find(trials, trial_id, &Trial::id);
    RIFT_CHECK(trial != trials.end() && trial->last_step());
    const Direction direction = study.directions().front();
    const int64_t step = *trial->last_step();
    if (step <= options_.warmup_evaluations) return false;
    std::vector<double> others;
    int64_t complete = 0;
    for (const Trial& other : trials) {
      if (other.state != TrialState::kComplete) continue;
      ++complete;
      const auto found = other.intermediate.find(step);
      if (found == other.intermediate.end() || std::isnan(found->second)) continue;
      others.push_back(as_loss(found->second, direction));
    }
    if (complete < options_.startup_trials || others.empty()) return false;
    double best = std::numeric_limits<double>::infinity();
    for (const auto& [at, value] : trial->intermediate) {
      if (!std::isnan(value)) best = std::min(best, as_loss(value, direction));
    }
    return best > median(others);
  }

 private:
  static double median(std::vector<double>& values) {
    std::ranges::sort(values);
    const size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
  }

  MedianOptions options_;
};

}  // namespace

std::unique_ptr<Pruner> make_pruner(const PrunerOptions& options) {
  if (const auto* asha = std::get_if<AshaOptions>(&options.kind)) return std::make_unique<AshaPruner>(*asha);
  if (const auto* median = std::get_if<MedianOptions>(&options.kind)) return std::make_unique<MedianPruner>(*median);
  return std::make_unique<NoPruner>();
}

}  // namespace rift::search
