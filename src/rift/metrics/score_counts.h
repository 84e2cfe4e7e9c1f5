#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/metrics/rows.h"

namespace rift::metrics {

/// All that a ranking metric needs to know: for each distinct score, lowest first, the weight of the good and of the
/// bad rows that have it. Tied rows are one entry, so no metric depends on their order.
struct ScoreCounts {
  std::vector<double> score;  // [G] ascending, distinct
  std::vector<double> bad;    // [G]
  std::vector<double> good;   // [G]
  double bad_total = 0.0;
  double good_total = 0.0;

  size_t groups() const { return score.size(); }
  double total() const { return bad_total + good_total; }
  bool has_both_classes() const { return bad_total > 0.0 && good_total > 0.0; }
};

/// The rows sorted by score once, to be counted under many weightings (a bootstrap) in O(N) each.
class ScoreOrder {
 public:
  /// Throws kData for a label that is not 0/1 or a NaN score; infinite scores have their place.
  ScoreOrder(std::span<const double> label, std::span<const double> score);
  ScoreCounts counts(std::span<const double> weight = {}) const;
  int64_t rows() const { return static_cast<int64_t>(group_.size()); }
  std::span<const double> scores() const { return score_; }   // [G] ascending
  std::span<const uint32_t> group() const { return group_; }  // [N] row -> index into scores()

 private:
  std::vector<double> score_;
  std::vector<uint32_t> group_;
  std::vector<uint8_t> bad_;
};

ScoreCounts count_scores(std::span<const double> label, std::span<const double> score,
                         std::span<const double> weight = {});

/// Cuts groups of tied values, in their order, into `bins` parts of equal weight: a group goes whole to the part in
/// which the middle of its weight lies. Without ties the parts differ by at most one row. Parts may stay empty.
///   group_weight [G] -> part of each group [G], ascending; all 0 when there is no weight.
std::vector<int64_t> equal_parts(std::span<const double> group_weight, int64_t bins);

}  // namespace rift::metrics
