#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/metrics/probability.h"
#include "rift/metrics/score_counts.h"

/// Metrics of several classes. probability [N*C] row-major; label = class number.
namespace rift::metrics {

/// One class against the rest: the order of its column, ready for many weightings. [C]
std::vector<ScoreOrder> class_orders(std::span<const double> label, std::span<const double> probability,
                                     int64_t classes);

/// Mean AUC of each class against the rest, each class counting alike: scikit-learn's
/// roc_auc_score(multi_class="ovr", average="macro"). A class without rows, or with all of them, has no AUC and is left
/// out of the mean (scikit-learn gives no figure then); nullopt when none is left.
std::optional<double> macro_auc(std::span<const ScoreOrder> orders, std::span<const double> weight);
std::optional<double> macro_auc(std::span<const double> label, std::span<const double> probability, int64_t classes,
                                std::span<const double> weight = {});

/// Mean over rows of the squared distance to the outcome's corner, sum over classes of (p_c - [c = label])^2, in [0,
/// 2]: scikit-learn's brier_score_loss for several classes with scale_by_half=False. nullopt without weight.
std::optional<double> brier_score(std::span<const double> label, std::span<const double> probability, int64_t classes,
                                  std::span<const double> weight);

/// The largest probability of each row and whether that class came true (1) or not (0): the rows on which the
/// calibration of a classifier of several classes is judged. Source: Guo et al., ICML 2017, eq. 3.
struct TopLabel {
  std::vector<double> confidence;  // [N]
  std::vector<double> correct;     // [N]
};
TopLabel top_label(std::span<const double> label, std::span<const double> probability, int64_t classes);

}  // namespace rift::metrics
