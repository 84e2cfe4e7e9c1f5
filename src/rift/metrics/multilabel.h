#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/metrics/score_counts.h"

/// Metrics of several labels, each of which a row has or has not. label and probability [N*L] row-major, label 0 or 1;
/// weight [N], of the rows.
namespace rift::metrics {

/// Mean over rows and labels of the log loss, each label counting alike. nullopt without weight.
std::optional<double> label_log_loss(std::span<const double> label, std::span<const double> probability, int64_t labels,
                                     std::span<const double> weight = {});

/// Label l of every row as an order by its probability, for macro_auc() (multiclass.h): a label that no row or every
/// row has is left out of the mean. [L]
std::vector<ScoreOrder> label_orders(std::span<const double> label, std::span<const double> probability,
                                     int64_t labels);

/// Which of the labels a row is said to have: those from a probability of 0.5 on.
///   micro_f1     2 TP / (2 TP + FP + FN) over all labels together; 0 when nothing is right
///   macro_f1     mean of the labels' own, 0 for a label that is never told rightly
///   exact_match  share of the rows whose labels are all told rightly
/// As scikit-learn's f1_score(average="micro", "macro") with zero_division=0 and accuracy_score. Undefined without
/// weight.
struct LabelCalls {
  double micro_f1 = 0.0;
  double macro_f1 = 0.0;
  double exact_match = 0.0;
};
std::optional<LabelCalls> label_calls(std::span<const double> label, std::span<const double> probability,
                                      int64_t labels, std::span<const double> weight = {});

}  // namespace rift::metrics
