#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/data/schema.h"
#include "rift/search/options.h"
#include "rift/search/trial.h"
#include "rift/train/options.h"

namespace rift::study {

/// A figure of the validation rows that a search goes by.
struct SearchMetric {
  std::string name;  // "auc", key of metrics.json; "loss": what the evaluations of a training call so
  search::Direction direction = search::Direction::kMaximize;
  bool in_evaluations = false;  // a training's evaluations tell it, so that trials can be stopped by it
};

inline constexpr const char* kLossMetric = "loss";

/// Of the figures that every model of the task has; an empty name = the main one. Throws kConfig naming `key` and what
/// there is.
SearchMetric metric_named(data::Task task, const std::string& name, std::string_view key);

/// One or two, of those and of what the task loss adds: pinball of quantiles, deviance of poisson, gamma and tweedie.
/// An empty name = the main figure of the task. Throws kConfig for names that there are not and one that stands twice.
std::vector<SearchMetric> search_metrics(data::Task task, const objective::LossOptions& loss,
                                         const search::MetricOptions& options);

/// Whether values of the metric can be compared only between trainings of one and the same loss.
bool goes_by_the_loss(const SearchMetric& metric);

/// "auc, log_loss, ...": those of the task that a training's evaluations tell.
std::string names_in_evaluations(data::Task task);

}  // namespace rift::study
