#pragma once

#include <cstdint>
#include <span>

#include "rift/validate/evaluation.h"

/// One model judged several times: with several seeds, on several folds, on folds drawn anew.
namespace rift::validate {

/// One run: its rows and where they stand in the data set, so that runs of two models can be paired row by row.
struct JudgedRun {
  JudgedRows rows;
  std::span<const int64_t> row;  // [N] numbers of the rows in the data set
  /// Runs of one group judge different rows (the folds of one cut with one seed); groups judge the same rows again.
  int64_t group = 0;
};

/// Each figure is the mean over the runs; `rows` counts each data row once.
///   AUC, Gini:  DeLong's influences of the runs, averaged row by row: the interval covers the sampling of test rows
///   others:     within a group the runs' half-widths add up as those of independent means; over groups the intervals
///               are averaged, as the same rows are judged again
/// One run gives evaluate() itself.
Evaluation evaluate_runs(std::span<const JudgedRun> runs, const EvaluationOptions& options = {});

/// a against b. Binary: the difference of the AUCs that evaluate_runs() gives, its interval from DeLong's influences;
/// where DeLong is not defined for one of the runs, noise is not either. Other tasks: the mean over the data rows of
/// the difference in a row's loss, which is itself a mean over the runs that judged the row. The sampling of test rows
/// is covered, the choice of seeds is not. One run each gives compare_pair() itself.
PairedDifference compare_runs(std::span<const JudgedRun> a, std::span<const JudgedRun> b,
                              const EvaluationOptions& options = {});

}  // namespace rift::validate
