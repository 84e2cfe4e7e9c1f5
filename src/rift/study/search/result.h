#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/report/page.h"
#include "rift/search/space.h"
#include "rift/study/parts.h"
#include "rift/study/search/metrics.h"

/// What came of a search, as search.json, and as a part of the report.
namespace rift::study {

inline constexpr const char* kTrials = "trials";

struct SearchFacts {
  std::string study;
  int64_t asked_for = 0;
  const search::Space& space;
  const std::vector<SearchMetric>& metrics;
  const search::SearchOptions& options;
  const std::vector<search::Trial>& trials;
  const data::Dataset& dataset;
  const Parts& parts;
  std::map<int64_t, std::filesystem::path>
      scores;  // of the validation rows, by the trial's number, where they are here
};

/// The best complete trial; of two metrics that one of the front which is best in the first. nullptr without any.
const search::Trial* winner_of(const SearchFacts& facts);

/// {"study", "sampler", "pruner", "metrics": [{"name", "direction"}], "validation_rows", "counts": {"complete",
/// "pruned", "failed", "running", "waiting"}, "saw_validation": trials that a figure of the validation rows was seen
/// of, "parameters": [{"name", "log", "choice", "importance"}], "trials": [{"number", "state", "settings", "values",
/// "evaluations", "why"}], "winner": number or null, "front": [numbers], "optimism": {...} or null}
Json search_json(const SearchFacts& facts);

/// With "test": the winner's figures on the test rows, out of metrics.json.
Json with_test_figures(Json search, const Json& metrics);

/// "optim.lr 0.0001, tuning.method lora"
std::string settings_text(const search::Trial& trial);

void add_search(report::Page& page, const Json& search);

}  // namespace rift::study
