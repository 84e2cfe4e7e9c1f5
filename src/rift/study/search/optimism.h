#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rift/study/scored_figures.h"
#include "rift/study/search/metrics.h"

namespace rift::study {

/// How much too good the winner's figure is because it was the best of many on the same rows.
struct Optimism {
  int64_t trials = 0;  // that were chosen among
  int64_t replicates = 0;
  double apparent = 0.0;         // the winner's figure on the validation rows
  double corrected = 0.0;        // what the choice is worth on rows that it was not made on
  double low = 0.0, high = 0.0;  // the middle 95 % of the replicates of `corrected`
  /// apparent - corrected turned such that more is worse: above 0 the figure is too good.
  double optimism = 0.0;
};

struct OptimismOptions {
  int64_t replicates = 500;
  int64_t seed = 1;
};

/// Draws the validation rows anew with replacement, chooses the best of the trials on the rows drawn and notes its
/// figure on the rows that were not: the mean of these is what choosing this way is worth. `apparent` is the figure of
/// trials[winner], which the search chose. Early stopping's own choice of an evaluation inside a trial is not repeated,
/// and trials that were pruned, whose rows were looked at too, are not among those that the choice is repeated over.
/// nullopt for the loss metric, without trials, or where too few draws leave a figure defined. Source: BBC-CV,
/// Tsamardinos et al., Machine Learning 107 (2018), algorithm 4.
std::optional<Optimism> optimism_of(const std::vector<ScoredFigures>& trials, size_t winner, int64_t rows,
                                    const SearchMetric& metric, const OptimismOptions& options = {});

}  // namespace rift::study
