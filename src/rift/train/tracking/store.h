#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rift::train {

/// One figure of a run at one moment.
struct Figure {
  std::string name;  // "train/loss"
  double value = 0.0;
  int64_t step = 0;
  int64_t at_ms = 0;  // since 1970
};

/// What a tracking store is told of a run when it begins.
struct TrackedRun {
  std::string experiment;
  std::string name;
  std::vector<std::pair<std::string, std::string>> settings;  // "optim.lr": "0.001"
  std::vector<std::pair<std::string, std::string>> tags;
  int64_t begun_ms = 0;
};

enum class Ending { kFinished, kFailed, kStopped };

/// A place that holds the figures of many runs. Every call throws Error where it cannot be done, and may be made again.
class TrackingStore {
 public:
  virtual ~TrackingStore() = default;
  /// Makes a run and returns its id. What is added from now on is of this run.
  virtual std::string begin(const TrackedRun& run) = 0;
  /// Takes up a run that begin() made; returns the last step of each of its figures. nullopt when it is not there.
  virtual std::optional<std::map<std::string, int64_t>> go_on(const std::string& id) = 0;
  static constexpr size_t kMostFigures = 1000;  // of one call of add()
  virtual void add(std::span<const Figure> figures) = 0;
  virtual void finish(Ending ending, int64_t at_ms) = 0;
};

}  // namespace rift::train
