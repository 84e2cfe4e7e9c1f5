#include "rift/metrics/score_counts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rift/base/error.h"

namespace rift::metrics {

ScoreOrder::ScoreOrder(std::span<const double> label, std::span<const double> score) {
  check_rows(label, score, {});
  check_binary(label);
  check_not_nan(score, "score");
  RIFT_CHECK(label.size() < UINT32_MAX);
  std::vector<uint32_t> order(score.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return score[a] < score[b]; });
  group_.resize(score.size());
  bad_.resize(score.size());
  for (const uint32_t row : order) {
    if (score_.empty() || score_.back() != score[row]) score_.push_back(score[row]);
    group_[row] = static_cast<uint32_t>(score_.size() - 1);
    bad_[row] = label[row] == 1.0;
  }
}

ScoreCounts ScoreOrder::counts(std::span<const double> weight) const {
  RIFT_CHECK(weight.empty() || weight.size() == group_.size());
  ScoreCounts counts{.score = score_, .bad = std::vector<double>(score_.size()), .good = {}};
  counts.good = counts.bad;
  for (size_t row = 0; row < group_.size(); ++row) {
    (bad_[row] ? counts.bad : counts.good)[group_[row]] += weight_of(weight, row);
  }
  counts.bad_total = std::accumulate(counts.bad.begin(), counts.bad.end(), 0.0);
  counts.good_total = std::accumulate(counts.good.begin(), counts.good.end(), 0.0);
  return counts;
}

ScoreCounts count_scores(std::span<const double> label, std::span<const double> score, std::span<const double> weight) {
  check_rows(label, score, weight);
  return ScoreOrder(label, score).counts(weight);
}

std::vector<int64_t> equal_parts(std::span<const double> group_weight, int64_t bins) {
  RIFT_CHECK(bins > 0);
  const double total = std::accumulate(group_weight.begin(), group_weight.end(), 0.0);
  std::vector<int64_t> part(group_weight.size(), 0);
  if (!(total > 0.0)) return part;
  double before = 0.0;
  for (size_t g = 0; g < group_weight.size(); ++g) {
    const double middle = (before + group_weight[g] / 2.0) / total;
    part[g] = std::min(static_cast<int64_t>(std::floor(middle * static_cast<double>(bins))), bins - 1);
    before += group_weight[g];
  }
  return part;
}

}  // namespace rift::metrics
