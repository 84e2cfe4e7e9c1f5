#pragma once

#include <vector>

#include "rift/data/schema.h"
#include "rift/score/scorer.h"

namespace rift::study {

/// A map x -> mean_to + (x - mean_from) * scale that brings the raw scores of one fit of a model to the level and
/// spread of another. A fine-tuning on fewer rows is less sure of everything it says; weights and calibrators that are
/// fitted on such scores would be wrong for the model that is published. Only scores are compared, no label is looked
/// at.
///   binary: level and spread of the log-odds; several classes: level of each logit, one spread of the centred logits;
///   regression: nothing to do, predictions have a unit
class ScoreScale {
 public:
  /// `from` and `to`: what the two fits said of the same rows, which neither was fitted on. Fewer than 20 rows, or a
  /// fit that says the same of every row: the map changes nothing.
  ScoreScale(data::Task task, const score::RawScores& from, const score::RawScores& to);
  void apply(score::RawScores& raw) const;

 private:
  double scale_ = 1.0;
  std::vector<double> from_, to_;  // means by output; empty = nothing to do
};

}  // namespace rift::study
