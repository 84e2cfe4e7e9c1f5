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
/// mean.safetensors}; state.json holds the digests of the others, `run`, the digest of what the run is made from, and
/// `machine`, what it runs on. A directory is there whole or not at all.
class CheckpointFolder {
 public:
  /// `folder`: DIR/checkpoints. `run`, `machine`: see above; machine as package::describe_execution() says it.
  CheckpointFolder(std::filesystem::path folder, std::string run, std::string machine = {})
      : folder_(std::move(folder)), run_(std::move(run)), machine_(std::move(machine)) {}

  /// Writes one and removes all but the `keep` newest; returns its path. Throws kEnvironment.
  std::filesystem::path write(const CheckpointState& state, int64_t keep) const;

  /// The newest checkpoint that is whole; damaged ones are passed over with a warning, and one of another machine is
  /// taken with a warning: the same bytes are promised for one kind of machine only. nullopt when there is none.
  /// Throws kConfig when it belongs to another run, kArtefact when all are damaged.
  std::optional<CheckpointState> read_newest() const;

  /// Removes what an earlier run left.
  void clear() const;

 private:
  CheckpointState read(const std::filesystem::path& directory) const;
  std::filesystem::path folder_;
  std::string run_;
  std::string machine_;
};

}  // namespace rift::train
