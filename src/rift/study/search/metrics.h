#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/data/schema.h"
#include "rift/search/options.h"
#include "rift/search/trial.h"

namespace rift::study {

/// A figure of the validation rows that a search goes by.
struct SearchMetric {
  std::string name;  // "auc", key of metrics.json; "loss": what the evaluations of a training call so
  search::Direction direction = search::Direction::kMaximize;
  bool in_evaluations = false;  // a training's evaluations tell it, so that trials can be stopped by it
};

inline constexpr const char* kLossMetric = "loss";

/// Of the figures that the task has; an empty name = the main one. Throws kConfig naming `key` and what there is.
const SearchMetric& metric_named(data::Task task, const std::string& name, std::string_view key);

/// One or two; an empty name = the main figure of the task. Throws kConfig for names that the task does not have and
/// one that stands twice.
std::vector<SearchMetric> search_metrics(data::Task task, const search::MetricOptions& options);

}  // namespace rift::study
