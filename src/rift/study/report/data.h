#pragma once

#include <vector>

#include "rift/base/json.h"
#include "rift/data/leakage.h"
#include "rift/score/scorer.h"
#include "rift/study/compare.h"
#include "rift/study/model_run.h"

/// What a report shows beyond figures, as data, so that a report can be made anew from a directory or a package.
namespace rift::study {

struct Examined {
  const data::Dataset& dataset;
  const std::vector<Parts>& parts;
  const std::vector<data::Leak>& leaks;
};
/// report.json: {"task", "rows", "features", "classes", "notes", "columns", "split": [{"part", "rows", "bad"}],
/// "splits", "leaks", "curves", "inside"}; a comparison adds "judged_by".
Json report_data(const Examined& examined, Json curves, Json inside);

/// The card of a scorecard in the points that `rift score` gives, the importance of a GBDT's columns, the weights of a
/// fusion; null for the others.
Json inside_of(const score::Scorer& scorer, const score::Calibrator& calibrator, const score::PointsOptions& scale);

/// One part of a split: {"part", "rows"}, and "bad" of a binary task.
Json part_json(const data::Dataset& dataset, const data::Split& split, data::Part part);

}  // namespace rift::study
