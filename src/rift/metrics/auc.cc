#include "rift/metrics/auc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "rift/base/error.h"

namespace rift::metrics {
namespace {

/// Share of the other class that each distinct score stands above (bad rows) or below (good rows); ties half.
struct Placements {
  std::vector<double> of_bad;   // [G]
  std::vector<double> of_good;  // [G]
};

Placements placements(const ScoreCounts& counts) {
  Placements place{.of_bad = std::vector<double>(counts.groups()), .of_good = std::vector<double>(counts.groups())};
  double good_below = 0.0;
  for (size_t g = 0; g < counts.groups(); ++g) {
    place.of_bad[g] = (good_below + counts.good[g] / 2.0) / counts.good_total;
    good_below += counts.good[g];
  }
  double bad_above = 0.0;
  for (size_t g = counts.groups(); g-- > 0;) {
    place.of_good[g] = (bad_above + counts.bad[g] / 2.0) / counts.bad_total;
    bad_above += counts.bad[g];
  }
  return place;
}

double spread_factor(int64_t rows) { return std::sqrt(static_cast<double>(rows) / static_cast<double>(rows - 1)); }

}  // namespace

std::optional<double> auc(const ScoreCounts& counts) {
  if (!counts.has_both_classes()) return std::nullopt;
  double wins = 0.0;
  double good_below = 0.0;
  for (size_t g = 0; g < counts.groups(); ++g) {
    wins += counts.bad[g] * (good_below + counts.good[g] / 2.0);
    good_below += counts.good[g];
  }
  return wins / (counts.bad_total * counts.good_total);
}

std::optional<double> auc(std::span<const double> label, std::span<const double> score,
                          std::span<const double> weight) {
  return auc(count_scores(label, score, weight));
}

double DeLong::variance() const {
  return std::inner_product(influence.begin(), influence.end(), influence.begin(), 0.0);
}

std::optional<DeLong> delong(std::span<const double> label, std::span<const double> score,
                             std::span<const double> weight) {
  check_rows(label, score, weight);
  const ScoreOrder order(label, score);
  const ScoreCounts counts = order.counts(weight);
  int64_t bad_rows = 0;
  int64_t good_rows = 0;
  for (size_t row = 0; row < label.size(); ++row) {
    if (weight_of(weight, row) > 0.0) ++(label[row] == 1.0 ? bad_rows : good_rows);
  }
  if (bad_rows < 2 || good_rows < 2) return std::nullopt;
  const Placements place = placements(counts);
  DeLong result{.auc = *auc(counts), .influence = std::vector<double>(label.size())};
  const double bad_scale = spread_factor(bad_rows) / counts.bad_total;
  const double good_scale = spread_factor(good_rows) / counts.good_total;
  for (size_t row = 0; row < label.size(); ++row) {
    const uint32_t g = order.group()[row];
    const bool bad = label[row] == 1.0;
    const double placement = bad ? place.of_bad[g] : place.of_good[g];
    result.influence[row] = (bad ? bad_scale : good_scale) * weight_of(weight, row) * (placement - result.auc);
  }
  return result;
}

Estimate auc_interval(const DeLong& model, double level) {
  const double half = normal_width(level) * std::sqrt(model.variance());
  return {model.auc, std::max(0.0, model.auc - half), std::min(1.0, model.auc + half)};
}

Estimate gini_interval(const DeLong& model, double level) {
  const Estimate auc = auc_interval(model, level);
  return {gini_of_auc(auc.value), gini_of_auc(auc.low), gini_of_auc(auc.high)};
}

AucDifference compare_auc(const DeLong& a, const DeLong& b, double level) {
  RIFT_CHECK(a.influence.size() == b.influence.size());
  double variance = 0.0;
  for (size_t row = 0; row < a.influence.size(); ++row) {
    const double step = a.influence[row] - b.influence[row];
    variance += step * step;
  }
  AucDifference result{.difference = a.auc - b.auc, .standard_error = std::sqrt(variance)};
  const double half = normal_width(level) * result.standard_error;
  result.low = result.difference - half;
  result.high = result.difference + half;
  if (result.difference == 0.0) return result;  // p = 1, also when the standard error is 0
  result.z = result.standard_error > 0.0 ? result.difference / result.standard_error
                                         : std::copysign(std::numeric_limits<double>::infinity(), result.difference);
  result.p = two_sided_p(result.z);
  return result;
}

}  // namespace rift::metrics
