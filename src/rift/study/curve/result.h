#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/report/page.h"
#include "rift/study/curve/kept_points.h"
#include "rift/study/parts.h"
#include "rift/study/search/metrics.h"

/// What came of a learning curve, as curve.json, and as a part of the report.
namespace rift::study {

struct FittedModel {
  std::string name;
  std::vector<std::vector<CurveFit>> fits;  // [sizes][seeds]
};

struct CurveFacts {
  const data::Dataset& dataset;
  const Parts& parts;  // of which the test rows judge
  const SearchMetric& metric;
  const std::vector<int64_t>& seeds;
  int64_t labels_in_all = 0;                       // rows that are not for testing
  const std::vector<std::vector<Parts>>& samples;  // [sizes][seeds]
  const std::vector<FittedModel>& models;
  std::optional<double> stop_below;  // as run.yaml says it
};

/// {"task", "split", "metric", "more_is_better", "seeds", "test": {"rows"}, "replicates", "stop_below",
/// "labels_in_all",
///  "sizes": [{"labels", "train", "validation", "calibration"}],
///  "models": [{"name", "points": [{"labels", "value", "low", "high", "deviation", "seeds": [values]}],
///              "law": {"floor", "scale", "rate": {"value", "low", "high"}}: of the error, which is 1 - value where
///              more
///                     is better; null with too few sizes,
///              "line": [{"labels", "value", "low", "high"}],
///              "doubling": {"from", "to", "worth", "low", "high"}, "stop": {"case", "labels", "low", "high"}}],
///  "pairs": [{"a", "b", "gain": [{"labels", "value", "low", "high"}], "passes": {"case", "labels", "low", "high"}}]}
/// "labels" of a point: rows of its sample. Pairs are the fine-tuned model against each other one; a gain above 0 is in
/// its favour, and so is a worth. "case": "from the start", "within", "beyond", "never", "ends"; "low" and "high" null
/// = beyond ten times the largest size. No clock value in it. Throws kData where the test rows do not define the
/// metric.
Json curve_json(const CurveFacts& facts);

void add_learning_curve(report::Page& page, const Json& curve);

}  // namespace rift::study
