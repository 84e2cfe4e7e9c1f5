#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rift/search/distribution.h"
#include "rift/search/options.h"
#include "rift/search/trial.h"

namespace rift::search {

using Assignment = std::map<std::string, Parameter>;

/// A condition of a parameter: another one, itself a choice, is among these places.
struct Condition {
  std::string parameter;
  std::vector<double> places;
  bool operator==(const Condition&) const = default;
};

struct Dimension {
  std::string name;
  Distribution distribution;
  std::vector<Condition> when;  // all have to hold
  std::vector<double> grid;     // what the grid takes of it
};

/// The parameters of a search in an order in which each comes after those that it depends on.
class Space {
 public:
  /// Throws kConfig: no or several kinds of range, an empty one, a condition on something that is no choice of the
  /// space or has no such value, conditions in a circle. `place` names the configuration in errors ("run.yaml").
  Space(const OptionMap<RangeOptions>& options, const std::string& place);
  explicit Space(std::vector<Dimension> dimensions);

  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  const Dimension* find(const std::string& name) const;
  /// Whether a parameter is searched, given those before it.
  bool is_active(const Dimension& dimension, const Assignment& assignment) const;

  /// Settings of a grid beyond which no more are listed.
  static constexpr int64_t kMostGrid = 1'000'000;

 private:
  std::vector<Dimension> dimensions_;
};

}  // namespace rift::search
