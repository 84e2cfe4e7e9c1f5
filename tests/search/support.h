#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rift/base/options.h"
#include "rift/search/sampler.h"
#include "rift/search/study.h"

namespace rift::search {

/// A space out of a mapping as run.yaml has it under search.space.
inline Space space_of(const std::string& yaml) {
  OptionMap<RangeOptions> options;
  read_value(parse_yaml(yaml, "run.yaml"), "run.yaml", "search.space", {}, options);
  return Space(options, "run.yaml");
}

inline Distribution number_between(double low, double high) {
  return {.kind = Distribution::Kind::kFloat, .low = low, .high = high, .choices = {}};
}

/// A complete trial with one value and the given parameters.
inline Trial complete(int64_t number, const Assignment& parameters, double value) {
  return {.id = number + 1,
          .number = number,
          .state = TrialState::kComplete,
          .parameters = parameters,
          .values = {value},
          .intermediate = {},
          .user_attributes = {},
          .system_attributes = {}};
}

inline Study minimizing(const std::filesystem::path& file, const std::string& name = "study") {
  return Study({.file = file, .name = name, .directions = {Direction::kMinimize}, .metric_names = {"loss"}});
}

/// A plan that draws at random and counts as many trials.
inline TrialPlan plan_of(const Space& space, int64_t most_trials) {
  TrialPlan plan{.most_trials = most_trials, .holder = nullptr, .suggest = nullptr, .claim = nullptr};
  plan.suggest = [&space](const std::vector<Trial>&, const Trial& trial) {
    return std::optional(random_assignment(space, 1, trial.number));
  };
  return plan;
}

}  // namespace rift::search
