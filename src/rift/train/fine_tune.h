#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/score/scorer.h"
#include "rift/train/observer.h"
#include "rift/train/options.h"
#include "rift/train/shared_rows.h"

/// The one door to fine-tuning; its header is free of LibTorch.
namespace rift::train {

struct FineTuneSpec {
  const data::Dataset& dataset;
  std::span<const int64_t> train;
  std::span<const int64_t> validation;  // may be empty: then the last step's parameters are kept
  const FineTuneOptions& options;
  /// log.jsonl, timing.jsonl and checkpoints/ go here; empty = nothing is written (an out-of-fold run).
  std::filesystem::path directory;
  bool resume = false;     // go on from the newest checkpoint in `directory`
  bool overwrite = false;  // see TrainerSpec
  /// Weights of another run's package, or an adapter in PEFT's form on the backbone; a fresh optimizer.
  std::optional<std::filesystem::path> init_from;
  std::string device = "cpu";
  std::string progress_name = "fine-tuning";
  Json made_from = {};  // what else the run follows from (files, split): kept with checkpoints, compared on resuming
  bool measures_precisions = true;  // what bf16 and int8 change, for a model that is to be published
  EvaluationObserver observer;      // may be empty
  SharedRows* shared = nullptr;     // with other fine-tunings of the data set
};

struct FineTuned {
  std::unique_ptr<score::Scorer> scorer;
  Json summary;  // steps, best evaluation, trainable parameters, new head, dropped tensors, losses apart and in sum ...
  double seconds = 0.0;
};

/// Fine-tunes a pretrained text model. Throws kInterrupted after Ctrl-C with a resumable checkpoint written; kData when
/// the loss is not finite (names the step and the batch's row numbers); kConfig, kArtefact, kEnvironment.
FineTuned fine_tune(const FineTuneSpec& spec);

}  // namespace rift::train
