#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/score/scorer.h"
#include "rift/search/options.h"
#include "rift/search/trial.h"
#include "rift/study/scoring.h"
#include "rift/validate/figures.h"

namespace rift::study {

/// A figure of the validation rows that a search goes by.
struct SearchMetric {
  std::string name;  // "auc", key of metrics.json; "loss": what the evaluations of a training call so
  search::Direction direction = search::Direction::kMaximize;
  bool in_evaluations = false;  // a training's evaluations tell it, so that trials can be stopped by it
};

inline constexpr const char* kLossMetric = "loss";

/// One or two; an empty name = the main figure of the task. Throws kConfig for names that the task does not have and
/// one that stands twice.
std::vector<SearchMetric> search_metrics(data::Task task, const search::MetricOptions& options);

/// What a model says of some rows, uncalibrated, as figures of any weighting of them: what a bootstrap draws anew.
class ScoredFigures {
 public:
  ScoredFigures(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw);
  /// `times` [rows]: how often each row counts, on top of its own weight; NaN where the figure is undefined.
  double value(const std::string& metric, std::span<const double> times) const;
  double value(const std::string& metric) const;

 private:
  std::unique_ptr<const Judged> judged_;  // stays in place: the figures look into it
  validate::Figures figures_;
  std::vector<double> weight_;
};

}  // namespace rift::study
