#include "rift/metrics/ks.h"

#include <cmath>

namespace rift::metrics {

std::optional<Ks> ks(const ScoreCounts& counts) {
  if (!counts.has_both_classes()) return std::nullopt;
  Ks best{.value = 0.0, .cutoff = counts.score.back()};
  double bad_above = 0.0;
  double good_above = 0.0;
  for (size_t g = counts.groups(); g-- > 0;) {
    bad_above += counts.bad[g];
    good_above += counts.good[g];
    const double distance = std::abs(bad_above / counts.bad_total - good_above / counts.good_total);
    if (distance > best.value) best = {distance, counts.score[g]};
  }
  return best;
}

std::optional<Ks> ks(std::span<const double> label, std::span<const double> score, std::span<const double> weight) {
  return ks(count_scores(label, score, weight));
}

}  // namespace rift::metrics
