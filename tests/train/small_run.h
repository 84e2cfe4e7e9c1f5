#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/metrics/auc.h"
#include "rift/train/fine_tune.h"
#include "train/small_options.h"

namespace rift::test {

/// A fine-tuning on rows 0..95 with 96..127 to validate, in a folder of its own.
class SmallRun {
 public:
  explicit SmallRun(data::Task task = data::Task::kBinary, bool pooler = true) : dataset(small_dataset(160, task)) {
    set_progress_style(ProgressStyle::kSilent);
    set_threads(1);  // the model is too small for more
    options = small_options(small_backbone(folder, pooler));
  }
  train::FineTuned run(const std::filesystem::path& directory = {}, bool resume = false,
                       std::optional<std::filesystem::path> init_from = {}) {
    return train::fine_tune({.dataset = dataset,
                             .train = train_rows,
                             .validation = validation_rows,
                             .options = options,
                             .directory = directory,
                             .resume = resume,
                             .init_from = std::move(init_from)});
  }
  std::vector<double> scores(const score::Scorer& scorer) const { return scorer.score(dataset.table).values; }
  /// Saves as a package would, without its frame; returns rift.json's "model".
  Json save(const score::Scorer& scorer, const std::string& name) const { return scorer.save(folder.folder(name)); }

  TempDirectory folder;
  data::Dataset dataset;
  train::FineTuneOptions options;
  std::vector<int64_t> train_rows = row_range(0, 96);
  std::vector<int64_t> validation_rows = row_range(96, 32);
};
/// On the rows behind both parts.
inline double test_auc(const SmallRun& run, const score::Scorer& scorer) {
  const std::vector<double> scores = run.scores(scorer);
  const std::vector<double> label(run.dataset.label.begin() + 128, run.dataset.label.end());
  const std::vector<double> unseen(scores.begin() + 128, scores.end());
  return metrics::auc(label, unseen).value();
}

}  // namespace rift::test
