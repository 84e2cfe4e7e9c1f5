#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/study/model_run.h"

namespace rift::study {

/// A model of a comparison with all its runs, the first of which is published.
struct ComparedModel {
  std::string name;
  std::vector<ModelRun> runs;
};

/// What the comparison is about.
struct Contest {
  const data::Dataset& dataset;
  const std::vector<Parts>& parts;
  const std::vector<ComparedModel>& models;
};

/// compare.json without its verdict: {"split", "task", "test", "models", "best", "pairs"}. Figures of a model with
/// several runs are means (validate/repeated_runs.h), and so are its "train_seconds" and "score_rows_per_second";
/// "train_seconds_total" is the sum over its "train_runs" runs. Choosing settings counts in the first run of a split,
/// and each run of a fusion counts the fits of its members.
Json judge(const Contest& contest);

/// Curves of the first run of each model on its test rows: {name: curves}.
Json curves_of(const Contest& contest);

/// The figure that decides for a task and whether more of it is better.
struct MainFigure {
  std::string name;  // "auc", "log_loss", "rmse"
  bool more_is_better = true;
};
MainFigure main_figure(data::Task task);
MainFigure main_figure(std::string_view task_name);

std::string_view calibrated_on_name(CalibratedOn where);  // of compare.json

}  // namespace rift::study
