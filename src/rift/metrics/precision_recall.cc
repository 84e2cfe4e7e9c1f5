#include "rift/metrics/precision_recall.h"

namespace rift::metrics {

std::optional<double> average_precision(const ScoreCounts& counts) {
  if (!(counts.bad_total > 0.0)) return std::nullopt;
  double area = 0.0;
  double bad_above = 0.0;
  double all_above = 0.0;
  for (size_t g = counts.groups(); g-- > 0;) {
    bad_above += counts.bad[g];
    all_above += counts.bad[g] + counts.good[g];
    if (counts.bad[g] > 0.0) area += counts.bad[g] * (bad_above / all_above);
  }
  return area / counts.bad_total;
}

std::optional<double> average_precision(std::span<const double> label, std::span<const double> score,
                                        std::span<const double> weight) {
  return average_precision(count_scores(label, score, weight));
}

}  // namespace rift::metrics
