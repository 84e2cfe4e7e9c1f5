#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rift/base/files.h"
#include "rift/train/parameter_groups.h"
#include "rift/train/trainer.h"
#include "train/toy_task.h"

namespace rift::train {

/// Of a run of a ToyTask.
struct Settings {
  optim::OptimOptions optim;
  objective::AnchorOptions anchor;
  TrainOptions train;
  Settings() {
    optim.name = optim::SgdOptions{};
    optim.lr = 0.05;
    optim.batch_rows = 4;
    optim.epochs = 4;
    optim.clip_norm = 0;
    optim.schedule.kind = optim::ConstantSchedule{};
    optim.warmup = 0;
    train.checkpoint_every_steps = 2;
  }
};

inline const std::vector<std::string> kParameters = {"slope", "intercept"};

inline TrainerSpec spec_of(test::ToyTask& task, const Settings& settings, const std::filesystem::path& directory = {}) {
  return {.optim = settings.optim,
          .anchor = settings.anchor,
          .train = settings.train,
          .groups = make_groups(task.parameters(), settings.optim, kParameters, {}),
          .anchored = anchored_slices(task.parameters(), {}),
          .directory = directory,
          .run = "this run"};
}

/// The lines of a file of JSON lines.
inline std::vector<Json> lines_of(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  std::vector<Json> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(parse_json(text.substr(begin, end - begin), file.filename().string()));
    begin = end + 1;
  }
  return lines;
}

}  // namespace rift::train
