#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/enum_names.h"
#include "rift/base/json.h"
#include "rift/search/distribution.h"

namespace rift::search {

/// States and directions under the names of Optuna's tables.
enum class TrialState { kRunning, kComplete, kPruned, kFail, kWaiting };
constexpr auto enum_names(TrialState) {
  return std::to_array<EnumName<TrialState>>({{TrialState::kRunning, "RUNNING"},
                                              {TrialState::kComplete, "COMPLETE"},
                                              {TrialState::kPruned, "PRUNED"},
                                              {TrialState::kFail, "FAIL"},
                                              {TrialState::kWaiting, "WAITING"}});
}
enum class Direction { kNotSet, kMinimize, kMaximize };
constexpr auto enum_names(Direction) {
  return std::to_array<EnumName<Direction>>(
      {{Direction::kNotSet, "NOT_SET"}, {Direction::kMinimize, "MINIMIZE"}, {Direction::kMaximize, "MAXIMIZE"}});
}

/// A value as Optuna's tables hold it, with what it may be.
struct Parameter {
  double value = 0.0;
  Distribution distribution;
  Json external() const { return distribution.external(value); }
};

/// What a study knows of one trial.
struct Trial {
  int64_t id = 0;      // in the whole database
  int64_t number = 0;  // in the study, from 0
  TrialState state = TrialState::kRunning;
  std::map<std::string, Parameter> parameters;
  std::vector<double> values;              // one an objective of a COMPLETE trial (may be infinite)
  std::map<int64_t, double> intermediate;  // by step; NaN is possible
  std::map<std::string, Json> user_attributes;
  std::map<std::string, Json> system_attributes;

  bool is_finished() const { return state != TrialState::kRunning && state != TrialState::kWaiting; }
  /// The last step that something was reported of.
  std::optional<int64_t> last_step() const;
  const Json* user_attribute(const std::string& key) const;
  const Json* system_attribute(const std::string& key) const;
};

/// A value such that less is better.
inline double as_loss(double value, Direction direction) { return direction == Direction::kMaximize ? -value : value; }

}  // namespace rift::search
