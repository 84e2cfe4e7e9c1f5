#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/score/calibrator.h"

namespace rift::score {

/// points = base + (pdo / ln 2) * (ln good:bad odds - ln base_odds): `pdo` points double the odds. Source: Siddiqi,
/// Credit Risk Scorecards (2006), ch. 6.
struct PointsOptions {
  static constexpr double kMostPoints = 1e6;
  double base = 600;
  double base_odds = 50;
  double pdo = 20;
  template <class V>
  void visit(V& v) {
    v("base", base, "Points at base_odds.", in_range(-kMostPoints, kMostPoints));
    v("base_odds", base_odds, "Good : bad odds at which a row has `base` points.", positive());
    v("pdo", pdo, "Points that double the odds.", {.low = 0, .high = kMostPoints, .open_low = true});
  }
  double points(double pd) const;
};

/// run.yaml's `policy:`: what a pd leads to. approve below the first limit, refuse from the second on, review between.
struct PolicyOptions {
  std::optional<double> approve_below;
  std::optional<double> refuse_from;
  PointsOptions points;
  template <class V>
  void visit(V& v) {
    v("approve_below", approve_below, "pd under which a row is approved; left out: the training rows' bad rate.",
      in_range(0, 1));
    v("refuse_from", refuse_from, "pd from which a row is refused; left out: as approve_below, nothing is reviewed.",
      in_range(0, 1));
    v("points", points, "Scale of points.");
  }
  void check(std::string_view path) const;  // approve_below <= refuse_from; throws kConfig
};

/// "approve", "review" or "refuse"; both limits set.
std::string_view decision(const PolicyOptions& policy, double pd);

/// Rows as rift score writes them.
///   binary:      id, score (sigmoid of the raw log-odds), pd, points (to the nearest whole one), decision
///   multi-class: id, predicted, score_<class>, p_<class>
///   ordinal:     as multi-class
///   multi-label: id, score_<label>, p_<label>
///   regression:  id, prediction; of quantiles also q_<level> each, as q_0.1
data::Table decision_table(const data::Schema& schema, const std::vector<std::string>& id, const RawScores& raw,
                           const Calibrator& calibrator, const PolicyOptions& policy);

/// "q_0.1"
std::string quantile_column(double level);

}  // namespace rift::score
