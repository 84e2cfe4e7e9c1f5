#pragma once

#include <filesystem>
#include <string>

#include "rift/base/json.h"
#include "rift/train/pretrain/options.h"

/// The one door to pretraining; its header is free of LibTorch.
namespace rift::train {

struct PretrainSpec {
  const PretrainOptions& options;
  std::filesystem::path base_directory;  // relative files of `options` are relative to it
  /// log.jsonl, timing.jsonl, tb/, checkpoints/ and model/ go here; tokens/ is there while the run lasts.
  std::filesystem::path directory;
  bool resume = false;  // go on from the newest checkpoint in `directory`
  std::string device = "cpu";
};

/// Trains a language model on unlabelled documents and publishes <directory>/model, a Hugging Face directory that
/// transformers' class for language modelling and rift's model.text.backbone load. It is read again before it is
/// published and has to give the same logits. Returns the summary: model, documents, steps, evaluations.
/// Throws as start_language_model(), write_token_cache() and run_trainer() do; kInterrupted with a checkpoint written.
Json pretrain(const PretrainSpec& spec);

}  // namespace rift::train
