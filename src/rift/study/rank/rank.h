#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/schema.h"
#include "rift/metrics/interval.h"
#include "rift/package/language_loss.h"
#include "rift/package/token_counts.h"

/// `rift models rank`: which pretrained model suits some labelled rows, before anything is fine-tuned.
namespace rift::study {

struct RankSpec {
  std::string source;               // records, or a run.yaml, of which training and validation rows count
  std::vector<std::string> models;  // directories, or names of packaged models
  std::string label;                // column; of records only, as are the next four and max_tokens
  std::vector<std::string> positive;
  std::string id;
  std::optional<data::Task> task;    // left out: guessed from the label
  std::vector<std::string> columns;  // texts in the model's reading order; empty: every text column, or run.yaml's
  int64_t rows = 2000;               // at most; drawn by the rule of splits
  int64_t folds = 5;
  int64_t seed = 1;
  std::optional<int64_t> max_tokens;  // of records; left out: what a fine-tuning reads
  std::string device = "cpu";
};

/// Means over the folds with intervals (metrics/folds.h); LogME and H-scores of all rows with a jackknife's.
struct ModelScores {
  metrics::Estimate probe, neighbours, log_me;
  std::optional<metrics::Estimate> h_score, shrunk_h_score;  // of classes
  std::vector<double> probe_folds, neighbour_folds;
};

struct RankedModel {
  std::string name;     // of its folder where that tells the models apart, else as it was asked for
  std::string problem;  // why nothing is said of it; else ""
  int64_t parameters = 0;
  int64_t width = 0;
  std::string pooling;
  int64_t max_tokens = 0;
  double rows_per_second = 0.0;  // texts to vectors on this machine: the median over fifths of these rows
  double peak_memory_mib = 0.0;  // of the process meanwhile
  bool knows_rows = false;       // a package that was fine-tuned on this source: its figures are too good
  package::TokenCounts tokens;
  package::LanguageLoss language;
  ModelScores scores;
};

struct Ranking {
  data::Task task = data::Task::kBinary;
  int64_t rows = 0;
  int64_t folds = 0;
  std::string metric;               // of probe and neighbours: "auc", "accuracy" or "r2"
  double chance = 0.0;              // the metric of a model that knows nothing of a row
  std::vector<RankedModel> models;  // in the order asked for
  std::optional<size_t> take;       // what is recommended; nothing where no model could be judged
  std::string recommendation;       // in the current language
};

/// Every model reads the same rows with frozen weights. A model that cannot be loaded, or that the memory does not
/// suffice for, is a row of the result that says why. Scores follow from rows and seed; speed is measured, so that
/// where two models lie within noise, `take` may be another one the next time. Throws kConfig (no models, a label that
/// is missing, flags that a run.yaml or the task has no use for, columns that are no texts, a device that is not
/// there), kData (too few rows of a class for the folds), what load_dataset() throws, kInterrupted.
Ranking rank_models(const RankSpec& spec);

Json to_json(const Ranking& ranking);
/// A table for a terminal, best model first, and the recommendation.
std::string ranking_text(const Ranking& ranking);
/// Writes the ranking to a .json or .html file. Throws kConfig for another ending, kEnvironment.
void write_ranking(const Ranking& ranking, const std::string& file);

}  // namespace rift::study
