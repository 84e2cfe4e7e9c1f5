#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rift/study/compare.h"
#include "rift/study/curve/kept_points.h"
#include "rift/study/curve/options.h"
#include "rift/study/curve/samples.h"
#include "rift/train/shared_rows.h"

namespace rift::study {

/// What a comparison calls it, for what it needs of the data.
ModelKind kind_of(CurveModel model);
bool is_language_model(CurveModel model);

struct CurveFitsSpec {
  const StudySpec& run;
  const data::Dataset& dataset;
  const LabelSamples& samples;
  const std::vector<int64_t>& sizes;
  const std::vector<int64_t>& seeds;
  Json made_from;  // what every fit depends on
};

/// Fits of models on samples, those taken up that an earlier process finished.
class CurveFits {
 public:
  explicit CurveFits(const CurveFitsSpec& spec);

  /// [sizes][seeds]. Throws classic::NoTerms where a sample's texts hold no term.
  std::vector<std::vector<CurveFit>> fit(CurveModel model);
  /// {"fits", "taken_up", "rows_trained", "rows_encoded", "encodings_used", "rows_read", "readings_used"}
  Json work() const;
  void finish() const { kept_.remove(); }

 private:
  CurveFit fit_one(CurveModel model, size_t size, size_t seed, const Parts& parts);
  RunOptions options_of(CurveModel model, const Parts& parts) const;

  CurveFitsSpec spec_;
  RunOptions frozen_;  // run.yaml with the head alone
  KeptPoints kept_;
  train::SharedRows shared_;
  int64_t fits_ = 0, taken_up_ = 0, rows_trained_ = 0;
};

}  // namespace rift::study
