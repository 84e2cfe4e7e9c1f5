#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/objective/anchor.h"
#include "rift/objective/options.h"
#include "rift/optim/optimizer.h"
#include "rift/train/observer.h"
#include "rift/train/options.h"
#include "rift/train/row_order.h"
#include "rift/train/task.h"

namespace rift::train {

/// Parameters that rest until an epoch and train from then on.
struct TrainingStage {
  double first_epoch = 0;  // 0-based; the stage begins with the first step at or after it
  std::vector<std::string> parameters;
};

struct TrainerSpec {
  const optim::OptimOptions& optim;
  const objective::AnchorOptions& anchor;
  const TrainOptions& train;
  nn::Precision precision = nn::Precision::kF32;  // what train.precision comes to
  std::vector<optim::ParameterGroup> groups;
  std::vector<TrainingStage> stages = {};          // after the first, in order
  std::vector<objective::AnchoredSlice> anchored;  // parameters with a pretrained value, at the store's values now
  std::vector<float> rates = {};                   // of each of their elements, of an anchor that has such
  std::filesystem::path directory;                 // log.jsonl, timing.jsonl, checkpoints/; empty = nothing is written
  Shuffle shuffle = Shuffle::kSorted;
  bool resume = false;
  bool overwrite = false;  // resumes where it can: checkpoints of another run are removed, not refused
  Json run;                // what the run is made from (run_origin.h): a checkpoint of another one is refused
  std::string machine;     // what it runs on: a checkpoint of another one is taken with a warning
  std::string progress_name = "fine-tuning";
  EvaluationObserver observer;  // may be empty
};

struct TrainerResult {
  int64_t steps = 0;
  int64_t total_steps = 0;
  double epochs = 0.0;  // passes over the rows
  bool stopped_early = false;
  Json best_evaluation;  // null without validation rows
  Json evaluations;      // every one, in order
  Json last_step;        // its record in log.jsonl
  Json soup;             // {"steps", "metric", "value", "published"} of the best evaluations' mean, null without one
};

/// Minimises L_task + lambda * L_pretrain over the trainable parameters of `task`, which at the end hold the best
/// evaluation's values (the last step's without validation rows; of either the moving mean's where there is one; the
/// mean of the best evaluations where that is better). One step: the gradient of the weighted mean over all
/// of its rows, in parts; the anchor's; clipped by value and by the global norm; the optimizer's update.
/// The same seed gives the same parameters and log, interrupted and resumed or not.
/// Throws kData when a loss or gradient is not finite (step and source row numbers), kInterrupted after a signal (a
/// checkpoint is written first where there is a directory), kBug when a trainable tensor stays, kConfig, kArtefact and
/// kEnvironment of checkpoints.
TrainerResult run_trainer(TrainingTask& task, const TrainerSpec& spec);

/// True after the 1-based step of an epoch at which one of `evaluations` of an epoch falls due; the epoch's last step
/// always is one.
bool evaluation_falls_due(int64_t step_of_epoch, int64_t steps_per_epoch, int64_t evaluations);

}  // namespace rift::train
