#pragma once

#include <string>
#include <vector>

#include "rift/metrics/bootstrap.h"
#include "rift/validate/evaluation.h"

namespace rift::validate {

/// The metrics of a task as one function of the rows' weights, prepared once (rows sorted, losses and bins known) and
/// then computed under any weighting in O(N): what a bootstrap needs. Undefined figures are NaN.
struct Figures {
  std::vector<std::string> names;  // keys of metrics.json, in its order
  metrics::WeightedFigures compute;
};

/// binary:       auc ks gini ap (of the score), brier log_loss ece (of the pd), accuracy macro_f1 mcc (bad from pd .5)
/// multi-class:  auc (macro, one against the rest) log_loss brier ece (of the largest probability) accuracy macro_f1
///               mcc
/// ordinal:      those of multi-class, then qwk (quadratic weighted kappa) rps (ranked probability score)
/// multi-label:  auc (macro, over the labels) log_loss brier (means over rows and labels) accuracy (all labels right)
/// micro_f1 macro_f1 regression:   rmse mae r2 bias; of quantiles also pinball (mean over the levels) and coverage
/// (share of the labels
///               from the lowest to the highest quantile); of a family's mean also deviance
/// Throws kData for labels, scores or probabilities that the task does not allow, with the number of the row.
Figures figures_of(const JudgedRows& rows);

}  // namespace rift::validate
