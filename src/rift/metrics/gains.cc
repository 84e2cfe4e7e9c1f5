#include "rift/metrics/gains.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rift/base/error.h"

namespace rift::metrics {
namespace {

std::vector<double> group_weights(const ScoreCounts& counts) {
  std::vector<double> weight(counts.groups());
  for (size_t g = 0; g < weight.size(); ++g) weight[g] = counts.bad[g] + counts.good[g];
  return weight;
}

/// The points of `curve` where it bends: on a straight run only the ends stay (scikit-learn's drop_intermediate).
std::vector<RocPoint> corners(const std::vector<RocPoint>& curve) {
  std::vector<RocPoint> kept;
  for (const RocPoint& point : curve) {
    while (kept.size() >= 2) {
      const RocPoint& a = kept[kept.size() - 2];
      const RocPoint& b = kept.back();
      const double turn =
          (b.false_positive_rate - a.false_positive_rate) * (point.true_positive_rate - b.true_positive_rate) -
          (b.true_positive_rate - a.true_positive_rate) * (point.false_positive_rate - b.false_positive_rate);
      if (std::abs(turn) > 1e-15) break;
      kept.pop_back();
    }
    kept.push_back(point);
  }
  return kept;
}

/// Nearest points to max_points equal steps of (false positive rate + true positive rate), ends included.
std::vector<RocPoint> thinned(const std::vector<RocPoint>& curve, int64_t max_points) {
  if (static_cast<int64_t>(curve.size()) <= max_points) return curve;
  std::vector<RocPoint> kept = {curve.front()};
  size_t at = 0;
  for (int64_t step = 1; step + 1 < max_points; ++step) {
    const double target = 2.0 * static_cast<double>(step) / static_cast<double>(max_points - 1);
    const size_t before = at;
    const auto along = [&](size_t i) { return curve[i].false_positive_rate + curve[i].true_positive_rate; };
    while (at + 2 < curve.size() && std::abs(along(at + 1) - target) <= std::abs(along(at) - target)) ++at;
    if (at != before) kept.push_back(curve[at]);
  }
  kept.push_back(curve.back());
  return kept;
}

}  // namespace

std::vector<GainsBand> gains_table(const ScoreCounts& counts, int64_t bands) {
  if (!counts.has_both_classes()) return {};
  const std::vector<int64_t> part = equal_parts(group_weights(counts), bands);
  const double overall = counts.bad_total / counts.total();
  std::vector<GainsBand> table;
  double weight_so_far = 0.0;
  double bad_so_far = 0.0;
  for (size_t g = counts.groups(); g-- > 0;) {
    const double weight = counts.bad[g] + counts.good[g];
    if (weight == 0.0) continue;
    const int64_t number = bands - part[g];
    if (table.empty() || table.back().band != number) {
      table.push_back({.band = number, .score_low = counts.score[g], .score_high = counts.score[g]});
    }
    GainsBand& band = table.back();
    band.weight += weight;
    band.bad += counts.bad[g];
    band.score_low = counts.score[g];
    weight_so_far += weight;
    bad_so_far += counts.bad[g];
    band.bad_rate = band.bad / band.weight;
    band.lift = band.bad_rate / overall;
    band.cumulative_bad_rate = bad_so_far / weight_so_far;
    band.cumulative_lift = band.cumulative_bad_rate / overall;
    band.cumulative_weight_share = weight_so_far / counts.total();
    band.cumulative_bad_share = bad_so_far / counts.bad_total;
    band.cumulative_good_share = (weight_so_far - bad_so_far) / counts.good_total;
  }
  return table;
}

std::optional<double> approved_bad_rate(const ScoreCounts& counts, double approval_rate) {
  RIFT_CHECK(approval_rate > 0.0 && approval_rate <= 1.0);
  if (!(counts.total() > 0.0)) return std::nullopt;
  const double limit = approval_rate * counts.total();
  double approved = 0.0;
  double bad = 0.0;
  for (size_t g = 0; g < counts.groups() && approved < limit; ++g) {
    const double weight = counts.bad[g] + counts.good[g];
    if (weight == 0.0) continue;
    const double share = std::min(1.0, (limit - approved) / weight);
    approved += share * weight;
    bad += share * counts.bad[g];
  }
  return bad / approved;
}

std::vector<RocPoint> roc_points(const ScoreCounts& counts, int64_t max_points) {
  RIFT_CHECK(max_points == 0 || max_points >= 2);
  if (!counts.has_both_classes()) return {};
  std::vector<RocPoint> curve = {{std::numeric_limits<double>::infinity(), 0.0, 0.0}};
  double bad = 0.0;
  double good = 0.0;
  for (size_t g = counts.groups(); g-- > 0;) {
    bad += counts.bad[g];
    good += counts.good[g];
    curve.push_back({counts.score[g], good / counts.good_total, bad / counts.bad_total});
  }
  return max_points == 0 ? curve : thinned(corners(curve), max_points);
}

ScoreHistogram score_histogram(const ScoreCounts& counts, const HistogramOptions& options) {
  RIFT_CHECK(options.bins > 0 && options.high > options.low);
  ScoreHistogram histogram{.low = options.low, .high = options.high};
  histogram.good.resize(static_cast<size_t>(options.bins));
  histogram.bad.resize(static_cast<size_t>(options.bins));
  const auto bins = static_cast<double>(options.bins);
  for (size_t g = 0; g < counts.groups(); ++g) {
    const double place = (counts.score[g] - options.low) / (options.high - options.low) * bins;
    const auto bin = static_cast<size_t>(std::clamp(std::floor(place), 0.0, bins - 1.0));
    histogram.good[bin] += counts.good[g];
    histogram.bad[bin] += counts.bad[g];
  }
  return histogram;
}

}  // namespace rift::metrics
