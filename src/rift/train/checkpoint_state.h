#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/nn/parameters.h"
#include "rift/optim/optimizer.h"
#include "rift/optim/schedule.h"
#include "rift/tensor/tensor_map.h"
#include "rift/train/averages.h"

namespace rift::train {

/// Where a run stands, tensors apart.
struct Progressed {
  int64_t step = 0;               // steps done
  bool evaluation_due = false;    // the evaluation after `step` was not finished
  int64_t worse_evaluations = 0;  // since the best one
  int64_t log_bytes = 0;          // of log.jsonl
  Json best_evaluation;           // {"step", "epoch", "metric", "value", ...}, null while none
  Json evaluations = Json::array();
  Json last_step;                 // of log.jsonl, null while none
  optim::Plateau::State plateau;  // of a schedule that goes by evaluations
  double more_epochs = 0.0;       // on top of those that the run was begun with
};
Json to_json(const Progressed& progressed);
Progressed progressed_from_json(const Json& json);  // throws kArtefact

/// All that a run needs to go on to the same bytes, besides what it was made from.
struct CheckpointState {
  Progressed progressed;
  tensor::TensorMap parameters;      // those that train, and every buffer
  std::vector<EvaluatedState> best;  // the same at the best evaluations, best first
  tensor::TensorMap mean;            // the same as a moving mean; empty without one
  optim::Optimizer<float>::State optimizer;
};

/// checkpoints/step-000120/{state.json, parameters.safetensors, optimizer.safetensors, best-0.safetensors ...,
/// mean.safetensors}; state.json holds the digests of the others, `run`, what the run is made from, and `machine`, what
/// it runs on. A directory is there whole or not at all.
class CheckpointFolder {
 public:
  /// `folder`: DIR/checkpoints. `run`, `machine`: see above; machine as package::describe_execution() says it.
  /// What killed processes left half-written in the folder is removed.
  CheckpointFolder(std::filesystem::path folder, Json run, std::string machine = {});

  /// Writes one and removes all but the `keep` newest; returns its path. Throws kEnvironment, with those before it as
  /// they were: before the first byte where the disk has less than half as much again free as is to be written.
  std::filesystem::path write(const CheckpointState& state, int64_t keep) const;

  /// The newest checkpoint that is whole; damaged ones are passed over with a warning, and one of another machine is
  /// taken with a warning: the same bytes are promised for one kind of machine only. nullopt when there is none.
  /// Throws kConfig when it belongs to another run, naming what differs; kArtefact when all are damaged.
  std::optional<CheckpointState> read_newest() const;

  /// Of those up to `step` removes all but the `keep` newest, each at once or not at all.
  void keep_newest(int64_t keep, int64_t step) const;

  /// Removes what an earlier run left.
  void clear() const;

 private:
  CheckpointState read(const std::filesystem::path& directory) const;
  std::filesystem::path folder_;
  Json run_;
  std::string machine_;
};

}  // namespace rift::train
