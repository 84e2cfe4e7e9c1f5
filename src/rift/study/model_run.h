#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/score/calibrator.h"
#include "rift/score/scorer.h"
#include "rift/study/learner.h"
#include "rift/study/parts.h"

namespace rift::study {

/// Which rows a calibrator was fitted on. kStackedRows: a fusion's without a calibration part are the out-of-fold
/// scores of its members, which its few weights were fitted on too.
enum class CalibratedOn { kNothing, kCalibrationPart, kOutOfFold, kValidationPart, kStackedRows };

/// One model fitted on one split with one seed, and everything it said.
struct ModelRun {
  size_t split = 0;  // index into the comparison's splits
  int64_t seed = 1;
  score::RawScores test;  // [rows of the test part]
  /// [known rows], each by a model that has not seen it, on the scale of `scorer` (score_scale.h); no rows = not made
  score::RawScores out_of_fold;
  score::RawScores calibration;  // [rows of the calibration part]
  score::Calibrator calibrator;
  CalibratedOn calibrated_on = CalibratedOn::kNothing;
  double train_seconds = 0.0;        // choosing settings and fitting
  double out_of_fold_seconds = 0.0;  // fitting again for each fold
  double score_rows_per_second = 0.0;
  Json tries = Json::array();
  Json judged_by;  // the rows that told the tries apart
  Json settings;
  Json summary;
  std::shared_ptr<const score::Scorer> scorer;
};

struct RunSpec {
  const data::Dataset& dataset;
  const Parts& parts;
  size_t split = 0;
  int64_t seed = 1;
  const RunOptions& options;
  bool out_of_fold = false;         // wanted by a fusion, whatever it costs
  std::filesystem::path directory;  // of log and checkpoints of the fit; empty = none
  bool resume = false;
  bool overwrite = false;       // see train::TrainerSpec
  Json made_from = {};          // for checkpoints of the fit
  std::string progress_suffix;  // " split 2/5, seed 3", empty when there is only one run
  bool is_published = true;     // else what only a published model needs is left out
};

/// Chooses settings, fits, scores test and calibration rows, and calibrates: on the calibration part; without one on
/// out-of-fold scores where they exist or are cheap; else on the validation part, which early stopping has looked at;
/// else not at all.
ModelRun run_model(Learner& learner, const RunSpec& spec);

/// The fold (0 .. k-1) of each known row in which a model that has not seen it scores it.
std::vector<int32_t> out_of_fold_folds(const RunSpec& spec);

/// Fits the calibrator of `run` on what it said of the calibration part, else on its out-of-fold scores, else on
/// `validation` (scores of the validation part, may have no rows).
void calibrate(const RunSpec& spec, const score::RawScores& validation, ModelRun& run);

int64_t stacking_folds(const RunOptions& options);

}  // namespace rift::study
