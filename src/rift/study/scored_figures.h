#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/score/scorer.h"
#include "rift/study/scoring.h"
#include "rift/validate/figures.h"

namespace rift::study {

/// What a model says of some rows as figures of any weighting of them: what a bootstrap draws anew.
class ScoredFigures {
 public:
  /// Without a calibrator: of uncalibrated scores.
  ScoredFigures(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw);
  ScoredFigures(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw,
                const score::Calibrator& calibrator);
  /// `times` [rows]: how often each row counts, on top of its own weight; NaN where the figure is undefined.
  double value(const std::string& metric, std::span<const double> times) const;
  double value(const std::string& metric) const;

 private:
  std::unique_ptr<const Judged> judged_;  // stays in place: the figures look into it
  validate::Figures figures_;
  std::vector<double> weight_;
};

}  // namespace rift::study
