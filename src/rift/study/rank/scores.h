#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rift/metrics/transferability.h"
#include "rift/study/rank/rank.h"
#include "rift/study/rank/rows.h"

namespace rift::study {

/// What frozen features tell of the rows' label: cross-validated on the rows' folds, each fold asked of what the others
/// taught (a linear probe, the 10 nearest neighbours); LogME and H-scores of all rows and without one fold after the
/// other.
ModelScores score_features(const metrics::FeatureRows& features, const RankRows& rows);

/// The mean over folds of a figure of metric_of(); its interval ends where the figure's range does.
metrics::Estimate mean_figure(std::span<const double> folds, std::string_view metric);

/// "auc", "accuracy" or "r2", and what a model that knows nothing of a row reaches by it.
std::string metric_of(data::Task task);
double chance_of(const RankRows& rows);

}  // namespace rift::study
