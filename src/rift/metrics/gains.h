#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/metrics/score_counts.h"

/// Tables and curves over the ranking that a score gives; higher score = riskier. Tied rows are never split, except
/// where a share of them is stated to count.
namespace rift::metrics {

/// One band of the gains table; band 1 holds the riskiest rows. Bands have equal weight (equal_parts()), so ties can
/// make them uneven; a band without rows is left out. Shares and lifts are relative to all rows.
struct GainsBand {
  int64_t band = 1;
  double weight = 0.0;
  double bad = 0.0;
  double score_low = 0.0;
  double score_high = 0.0;
  double bad_rate = 0.0;
  double cumulative_bad_rate = 0.0;  // of this band and all riskier ones
  double cumulative_weight_share = 0.0;
  double cumulative_bad_share = 0.0;   // "captured"
  double cumulative_good_share = 0.0;  // KS of the table = largest |bad share - good share|
  double lift = 0.0;                   // bad_rate / overall bad rate
  double cumulative_lift = 0.0;
};
/// Empty without rows of both classes.
std::vector<GainsBand> gains_table(const ScoreCounts& counts, int64_t bands = 10);

/// Bad rate among the safest `approval_rate` of the weight (0 < rate <= 1). Where the limit cuts through tied rows,
/// their share counts with their mean bad rate: the expectation over a random order. nullopt without weight.
std::optional<double> approved_bad_rate(const ScoreCounts& counts, double approval_rate);

/// A point of the ROC curve: rows with score >= cutoff are called bad. The first point is (0, 0) with an infinite
/// cut-off, the last (1, 1).
struct RocPoint {
  double cutoff = 0.0;
  double false_positive_rate = 0.0;
  double true_positive_rate = 0.0;
};
/// One point for each distinct score when max_points is 0. Otherwise a drawing of the same curve: points inside
/// straight runs are dropped, then those nearest to equal steps along it are kept, at most max_points (>= 2). Empty
/// without rows of both classes.
std::vector<RocPoint> roc_points(const ScoreCounts& counts, int64_t max_points = 0);

/// Weight of good and bad rows in `bins` equal intervals of [low, high], closed on the left, the last on both sides;
/// values outside count in the end bins.
struct ScoreHistogram {
  double low = 0.0;
  double high = 1.0;
  std::vector<double> good;  // [bins]
  std::vector<double> bad;   // [bins]
};
struct HistogramOptions {
  double low = 0.0;
  double high = 1.0;
  int64_t bins = 20;
};
ScoreHistogram score_histogram(const ScoreCounts& counts, const HistogramOptions& options = {});

}  // namespace rift::metrics
