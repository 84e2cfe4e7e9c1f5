#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/schema.h"
#include "rift/metrics/interval.h"

namespace rift::validate {

/// Scored rows to be judged.
///   binary:      score [N] (uncalibrated log-odds, what ranks), probability [N] (calibrated pd)
///   multi-class, ordinal: probability [N*C], score unused
///   multi-label: label = the row's set (data/schema.h), probability [N*L], score unused; `classes` = L
///   regression:  score [N] = prediction, probability unused; `quantiles` and `variance_power` of a model that says
///   them
struct JudgedRows {
  data::Task task = data::Task::kBinary;
  int64_t classes = 2;
  std::span<const double> label;
  std::span<const double> weight;  // may be empty
  std::span<const double> score;
  std::span<const double> probability;
  std::span<const double> quantiles;     // [N*Q]
  std::span<const double> levels;        // [Q] rising, of the quantiles
  std::optional<double> variance_power;  // as score::RawScores has it
  int64_t rows() const { return static_cast<int64_t>(label.size()); }
};

struct Figure {
  std::string name;  // "auc", "ks", ... keys of metrics.json, in its order
  std::optional<metrics::Estimate> value;
};

struct EvaluationOptions {
  int64_t replicates = 1000;  // of the bootstrap, for metrics without a formula; 0 = no intervals for those
  int64_t seed = 1;
};

/// Every metric of the task with its 95 % interval. AUC and Gini: DeLong; KS and ECE: bootstrap, corrected for what
/// noise adds (that of a KS starts at 0 unless the two-sample test tells the classes apart); the others: percentiles of
/// the bootstrap.
struct Evaluation {
  int64_t rows = 0;
  std::vector<Figure> figures;
  const Figure* find(std::string_view name) const;
};
Evaluation evaluate(const JudgedRows& rows, const EvaluationOptions& options = {});
Json to_json(const Evaluation& evaluation);  // {"rows": n, "auc": {"value", "low", "high"}, ...}; undefined = null

/// Curves and tables behind a report, as data: {"roc": [...], "calibration": [...], "scores": {...}, "gains": [...],
/// "approval": [{"approved": .5, "bad_rate": ...}, .7, .8, .9]} (binary); {"confusion": ...} (several classes).
Json curves(const JudgedRows& rows);

/// a against b on the same rows: AUC by DeLong (binary), log loss by paired bootstrap (several classes), squared error
/// (regression); difference > 0 when a is better.
struct PairedDifference {
  struct Noise {
    double low = 0.0, high = 0.0, p = 1.0;
  };
  std::string metric;
  std::optional<double> difference;  // nullopt where a figure of one of the two is not defined
  std::optional<Noise> noise;        // nullopt where the rows show no spread: DeLong needs two rows of each class
};
PairedDifference compare_pair(const JudgedRows& a, const JudgedRows& b, const EvaluationOptions& options = {});

}  // namespace rift::validate
