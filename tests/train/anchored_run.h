#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/train/fine_tune.h"
#include "rift/tuning/tuning.h"
#include "train/small_options.h"

namespace rift::test {

/// A method, and the anchors that it refuses.
struct Tuned {
  const char* name;
  tuning::TuningOptions tuning;
  std::vector<std::string_view> refuses = {};
};

/// Methods that move more than the head.
inline std::vector<Tuned> methods() {
  return {{"full", {.method = tuning::FullOptions{}}},
          {"top_k", {.method = tuning::TopKOptions{.layers = 1}}},
          {"gradual", {.method = tuning::GradualOptions{}}},
          {"norm", {.method = tuning::NormOptions{}}},
          {"lora", {.method = tuning::LoraOptions{.rank = 2}}, {"ewc"}},
          {"pissa", {.method = tuning::LoraOptions{.rank = 2, .init = tuning::LoraInit::kPissa}}, {"ewc"}},
          {"dora", {.method = tuning::LoraOptions{.rank = 2, .dora = true}}, {"ewc", "l2_sp"}},
          {"ia3", {.method = tuning::Ia3Options{}}, {"ewc", "l2_sp"}},
          {"bottleneck", {.method = tuning::BottleneckOptions{.reduction = 4}}, {"ewc"}},
          {"prompt", {.method = tuning::PromptOptions{.tokens = 3}}, {"ewc"}},
          {"prefix", {.method = tuning::PrefixOptions{.tokens = 3}}, {"ewc"}}};
}

/// Whether an adapter or what stands beside the maps begins as something, so that the run's start is not theta_p.
inline bool begins_apart(const tuning::TuningOptions& tuning) { return !tuning.merges(); }

/// A fine-tuning of the small model, which has a language head, on rows 0..95.
struct AnchoredRun {
  TempDirectory folder;
  data::Dataset dataset;
  train::FineTuneOptions options;
  std::string texts;
  explicit AnchoredRun(data::Task task = data::Task::kBinary) : dataset(small_dataset(128, task)) {
    set_progress_style(ProgressStyle::kSilent);
    set_threads(1);
    options = small_options(language_backbone(folder));
    options.text.max_tokens = kMaxTokensBehindVirtual;
    texts = general_texts(folder);
    options.optim.epochs = 2;
    options.train.checkpoint_every_steps = 5;
    options.train.keep_checkpoints = 100;
  }
  train::FineTuned tune(const std::filesystem::path& directory = {}, bool resume = false,
                        std::optional<std::filesystem::path> from = {}) {
    return train::fine_tune({.dataset = dataset,
                             .train = row_range(0, 96),
                             .validation = row_range(96, 32),
                             .options = options,
                             .directory = directory,
                             .resume = resume,
                             .init_from = std::move(from),
                             .measures_precisions = false});
  }
};

}  // namespace rift::test
