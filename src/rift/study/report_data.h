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
/// "splits", "leaks", "curves", "inside"}.
Json report_data(const Examined& examined, Json curves, Json inside);

/// The card of a scorecard, the importance of a GBDT's columns, the weights of a fusion; null for the others.
Json inside_of(const score::Scorer& scorer);

struct Trained {
  const StudySpec& spec;
  const data::Dataset& dataset;
  const Parts& parts;
  const ModelRun& run;
};
/// The provenance that a package carries: data, split, settings, seed, metrics; what `rift report PACKAGE` shows.
Json training_json(const Trained& trained, const Json& metrics);

}  // namespace rift::study
