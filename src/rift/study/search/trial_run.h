#pragma once

#include <filesystem>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/search/pruner.h"
#include "rift/search/study.h"
#include "rift/study/compare.h"
#include "rift/study/parts.h"
#include "rift/study/search/trial_options.h"
#include "rift/train/shared_rows.h"

namespace rift::study {

/// What the trials of one search share.
struct TrialSpec {
  const StudySpec& run;
  const TrialOptionsSpec& options;
  const data::Dataset& dataset;
  const Parts& parts;
  const std::vector<SearchMetric>& metrics;
  search::Study& study;
  const search::Pruner& pruner;
  train::SharedRows* shared = nullptr;  // where all trials read their rows alike
  int64_t most_retries = 2;
};

/// The name of the scores of the validation rows in a trial's directory.
inline constexpr const char* kTrialScores = "validation_scores.parquet";

/// A user's attribute of a trial, where its evaluations did not all tell the metric: how many there were.
inline constexpr const char* kEvaluations = "evaluations";

/// Trains one trial in `directory` and finishes it in the study: COMPLETE, PRUNED or, where its settings or its numbers
/// do not work out, FAIL with the reason. The directory keeps run.yaml, the logs and the scores of the validation rows;
/// checkpoints go once the trial is finished, and are gone on from otherwise. Returns the trial's state.
/// Throws kInterrupted, kEnvironment and kBug, the trial waiting to be taken up again.
search::TrialState run_trial(const TrialSpec& spec, const search::Trial& trial, const std::filesystem::path& directory);

}  // namespace rift::study
