#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/data/schema.h"
#include "rift/train/options.h"
#include "rift/train/task.h"

namespace rift::train {

/// Rows that early stopping looks at.
struct ValidationRows {
  data::Task task = data::Task::kBinary;
  int64_t classes = 2;
  std::vector<double> label;   // as in data::Dataset
  std::vector<double> weight;  // empty = all one
};

/// The metric that decides. kAutomatic: auc (binary), log_loss (several classes and a binary task whose validation rows
/// hold one class), loss (regression). Throws kConfig for a metric that the task does not have, kData for auc on rows
/// of one class.
StopMetric resolve_stop_metric(StopMetric asked, const ValidationRows& rows);

/// Figures of raw scores (as score::RawScores has them): loss (given), and by task auc, log_loss, accuracy (of several
/// labels: of all of them at once), macro_f1; of ordered classes also qwk and rps. null where undefined.
Evaluation judge(const ValidationRows& rows, std::span<const double> raw, double loss, StopMetric metric);

}  // namespace rift::train
