#pragma once

#include <optional>
#include <span>

#include "rift/metrics/score_counts.h"

namespace rift::metrics {

/// Kolmogorov-Smirnov: the largest distance between the shares of bad and of good rows with score >= c, over all c.
///   value   in [0, 1]; two-sided, so that a score that ranks the wrong way round also gets a value
///   cutoff  the c; of several equally good ones the highest. Tied rows lie on the same side of every cut-off.
/// Equals the statistic of scipy.stats.ks_2samp. nullopt without rows of both classes.
struct Ks {
  double value = 0.0;
  double cutoff = 0.0;
};
std::optional<Ks> ks(const ScoreCounts& counts);
std::optional<Ks> ks(std::span<const double> label, std::span<const double> score, std::span<const double> weight = {});

}  // namespace rift::metrics
