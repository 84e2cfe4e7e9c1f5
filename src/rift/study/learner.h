#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/score/scorer.h"
#include "rift/study/parts.h"
#include "rift/study/run/options.h"
#include "rift/train/observer.h"
#include "rift/train/shared_rows.h"

namespace rift::study {

struct FitSpec {
  const data::Dataset& dataset;
  const FitRows& rows;
  int64_t seed = 1;
  std::filesystem::path directory;  // of log and checkpoints; empty = nothing is written
  bool resume = false;
  bool overwrite = false;  // see train::TrainerSpec
  Json made_from = {};     // of the run, kept with checkpoints
  std::string progress_name;
  std::string suffix = {};                       // ", 120 labels, seed 1": tells it from other fits of one run
  train::EvaluationObserver observer = nullptr;  // of a fine-tuning
  bool is_published = true;                      // else what only a published model needs is left out
};

struct Fitted {
  std::unique_ptr<score::Scorer> scorer;
  Json summary;  // of a fine-tuning; null otherwise
};

/// How one kind of model comes to its settings and is fitted. Settings are chosen on validation rows; then the classic
/// models are fitted on training and validation rows together, while a fine-tuning keeps its validation rows for early
/// stopping.
class Learner {
 public:
  virtual ~Learner() = default;
  virtual std::string name() const = 0;
  /// Whether the seed changes the model.
  virtual bool draws() const = 0;
  /// Whether fitting it a few more times costs seconds, so that it may be done for its calibration alone.
  virtual bool is_cheap() const = 0;
  /// Chooses among fixed settings; nothing to choose for a fine-tuning.
  virtual void choose(const data::Dataset& dataset, const FitRows& rows) = 0;
  virtual Fitted fit(const FitSpec& spec) const = 0;
  virtual Json settings() const = 0;
  virtual Json tries() const = 0;      // of choose(): [{"settings", "metric", "value", "chosen"}]
  virtual Json judged_by() const = 0;  // the rows that told the tries apart (classic::Judges); null without tries
  /// score_rows(), or the same with what several fits share.
  virtual score::RawScores score(const score::Scorer& scorer, const data::Dataset& dataset,
                                 std::span<const int64_t> rows, const std::string& progress_name) const;
};

struct LearnerSpec {
  const RunOptions& options;  // model.text.backbone resolved
  std::string device;
  std::filesystem::path init_from;
  std::string name = {};                // of a fine-tuning, where it is told from others; empty = "fine-tuned"
  train::SharedRows* shared = nullptr;  // of fine-tunings on rows of one data set
};
/// kFusion has no learner: it is made out of the others' scores (fusion.h).
std::unique_ptr<Learner> make_learner(ModelKind kind, const LearnerSpec& spec);

std::string model_caption(std::string_view name);  // as a report says it, in the current language

/// Why this data has no use for a model of the kind, a sentence in the current language; empty when it has.
std::string why_skipped(ModelKind kind, const data::Dataset& dataset, const RunOptions& options);

}  // namespace rift::study
