#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "rift/base/json.h"
#include "rift/score/calibrator.h"
#include "rift/score/scorer.h"
#include "rift/study/model_run.h"
#include "rift/study/run/place.h"

namespace rift::study {

/// What a model that learned from one sample said of the test rows.
struct CurveFit {
  score::RawScores test;
  score::Calibrator calibrator;
  CalibratedOn calibrated_on = CalibratedOn::kNothing;
  Json settings;
  Json summary;  // of a fine-tuning: {"steps", "epochs", "best", "pooling", "loss"}; null otherwise
};

/// Finished fits of a curve that is not done yet, under <directory>/unfinished/<name>/. Removed when it is.
class KeptPoints {
 public:
  /// Throws as claim_unfinished().
  explicit KeptPoints(const UnfinishedSpec& spec);

  std::filesystem::path folder(const std::string& name) const { return root_ / name; }
  /// `fingerprint`: what the fit depends on; one with another is not used.
  std::optional<CurveFit> find(const std::string& name, const std::string& fingerprint) const;
  void keep(const std::string& name, const CurveFit& fit, const std::string& fingerprint) const;
  void remove() const;

 private:
  std::filesystem::path root_;
  bool resume_;
};

}  // namespace rift::study
