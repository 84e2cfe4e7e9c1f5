#pragma once

#include <cstdint>
#include <string>

#include "rift/metrics/transferability.h"
#include "rift/study/rank/rank.h"
#include "rift/study/rank/rows.h"

namespace rift::study {

/// What frozen features tell of the rows' label: cross-validated on the rows' folds, each fold asked of what the others
/// taught (a linear probe, the 10 nearest neighbours); LogME and H-scores of all rows and without one fold after the
/// other.
ModelScores score_features(const metrics::FeatureRows& features, const RankRows& rows);

/// "auc", "accuracy" or "r2", and what a model that knows nothing of a row reaches by it.
std::string metric_of(data::Task task);
double chance_of(const RankRows& rows);

}  // namespace rift::study
