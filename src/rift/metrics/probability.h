#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/metrics/rows.h"

namespace rift::metrics {

/// Weighted mean of (pd - label)^2, scikit-learn's brier_score_loss. nullopt without weight; one class is fine.
std::optional<double> brier_score(std::span<const double> label, std::span<const double> pd,
                                  std::span<const double> weight = {});

/// What one row adds to the log loss: -ln of the probability given to what happened, which is first cut to
/// [eps, 1 - eps] with eps = 2^-52 as scikit-learn does, so that a certain mistake costs 36.04 and not infinity.
double log_loss_of(double probability_of_outcome);

/// Weighted mean log loss, scikit-learn's log_loss. nullopt without weight; one class is fine.
std::optional<double> log_loss(std::span<const double> label, std::span<const double> pd,
                               std::span<const double> weight = {});
/// The same for several classes: probability [N*C] row-major, label = class number. Rows are taken as they are, not
/// scaled to sum to one.
std::optional<double> log_loss(std::span<const double> label, std::span<const double> probability, int64_t classes,
                               std::span<const double> weight);

/// kEqualWidth: bins of width 1/bins over [0, 1], closed on the right, 0 in the first (scikit-learn's calibration_curve
/// with strategy="uniform"). kEqualCount: bins of equal weight by rank of the pd, tied pds together (equal_parts()).
enum class BinRule { kEqualWidth, kEqualCount };

struct CalibrationOptions {
  int64_t bins = 10;
  BinRule rule = BinRule::kEqualWidth;
};

/// One point of a reliability diagram. Bins without rows are left out.
struct CalibrationBin {
  int64_t bin = 0;  // 0 .. bins-1, ascending pd
  int64_t rows = 0;
  double weight = 0.0;
  double mean_pd = 0.0;
  double bad_rate = 0.0;
};
std::vector<CalibrationBin> calibration_bins(std::span<const double> label, std::span<const double> pd,
                                             std::span<const double> weight = {},
                                             const CalibrationOptions& options = {});

/// Bin of each pd under the rule, [N]: what a bootstrap needs to bin once.
std::vector<int64_t> calibration_bin_of(std::span<const double> pd, std::span<const double> weight,
                                        const CalibrationOptions& options);

/// Expected calibration error = sum over bins of share of weight * |mean pd - bad rate|. nullopt without weight.
/// Source: Naeini et al., AAAI 2015, on the pd of the bad class.
std::optional<double> calibration_error(std::span<const double> label, std::span<const double> pd,
                                        std::span<const double> weight = {}, const CalibrationOptions& options = {});
/// The sum over bins that are known already.
std::optional<double> calibration_error(std::span<const CalibrationBin> bins);

}  // namespace rift::metrics
