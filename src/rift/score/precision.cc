#include "rift/score/precision.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/label_scale.h"
#include "rift/metrics/multilabel.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/regression.h"
#include "rift/score/calibrator.h"

namespace rift::score {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// `score` as the bounds mean it.
std::vector<double> scores_of(const MeasuredRows& rows, const RawScores& raw) {
  if (data::has_classes(rows.task)) return softmax(raw.values, raw.outputs);
  std::vector<double> scores = raw.values;
  if (rows.task != data::Task::kRegression) {
    for (double& value : scores) value = sigmoid(value);
  } else {
    const double deviation = metrics::label_scale(rows.label, rows.weight).value_or(metrics::LabelScale{}).deviation;
    for (double& value : scores) value /= deviation;
  }
  return scores;
}

std::optional<double> figure_of(const MeasuredRows& rows, const RawScores& raw, const std::vector<double>& scores) {
  if (!std::ranges::all_of(scores, [](double score) { return std::isfinite(score); })) return std::nullopt;
  switch (rows.task) {
    case data::Task::kBinary:
      return metrics::auc(rows.label, raw.values, rows.weight);
    case data::Task::kMulticlass:
    case data::Task::kOrdinal:
      return metrics::log_loss(rows.label, scores, raw.outputs, rows.weight);
    case data::Task::kMultilabel:
      return metrics::label_log_loss(data::spread_labels(rows.label, raw.outputs), scores, raw.outputs, rows.weight);
    case data::Task::kRegression:
      return metrics::root_mean_squared_error(rows.label, point_predictions(raw), rows.weight);
  }
  RIFT_FAIL(Code::kBug, "task without a figure");
}

const char* metric_of(data::Task task) {
  if (task == data::Task::kRegression) return "rmse";
  return task == data::Task::kBinary ? "auc" : "log_loss";
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }
std::optional<double> optional_number(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional<double>(json.as_double());
}

constexpr std::string_view kNextStep = "leave --precision at f32";

}  // namespace

PrecisionChange measure_change(const MeasuredRows& rows, const RawScores& f32, Precision precision,
                               const RawScores& changed) {
  RIFT_CHECK(f32.values.size() == changed.values.size() && f32.rows == static_cast<int64_t>(rows.label.size()));
  RIFT_CHECK(f32.rows > 0);  // a change measured on nothing would be within every bound
  const std::vector<double> before = scores_of(rows, f32), after = scores_of(rows, changed);
  PrecisionChange change{.precision = precision,
                         .rows_from = rows.rows_from,
                         .rows = f32.rows,
                         .metric = metric_of(rows.task),
                         .f32 = figure_of(rows, f32, before),
                         .changed = figure_of(rows, changed, after)};
  for (size_t i = 0; i < after.size(); ++i) {
    const double moved = std::fabs(after[i] - before[i]);
    change.mean += (std::isfinite(moved) ? moved : kInfinity) / static_cast<double>(after.size());
    change.largest = std::max(change.largest, std::isfinite(moved) ? moved : kInfinity);
  }
  return change;
}

std::string description(const PrecisionChange& change) {
  std::string figure;
  if (change.f32 && change.changed) {
    figure = fmt::format("{} {:.5f} -> {:.5f}, ", change.metric, *change.f32, *change.changed);
  }
  return fmt::format("{}scores by {:.2g} on average and {:.2g} at most, on {} {} rows", figure, change.mean,
                     change.largest, change.rows, change.rows_from);
}

std::string beyond_bounds(const PrecisionChange& change) {
  const PrecisionBounds& bounds = kPrecisionBounds;
  const auto over = [](const char* what, double value, double bound) {
    return value <= bound ? std::string() : fmt::format("{} by {:.2g}, more than {}", what, value, bound);
  };
  std::string text;
  if (change.f32 && change.changed) {
    const double rise = *change.changed - *change.f32;
    if (change.metric == "auc") text = over("auc falls", -rise, bounds.auc);
    if (change.metric == "log_loss") text = over("log_loss rises", rise, bounds.log_loss);
    if (change.metric == "rmse") text = over("rmse rises", rise / std::max(*change.f32, 1e-12), bounds.rmse);
  }
  if (text.empty()) text = over("scores move on average", change.mean, bounds.mean);
  if (text.empty()) text = over("one score moves", change.largest, bounds.largest);
  return text;
}

Json to_json(const std::vector<PrecisionChange>& changes) {
  Json list = Json::array();
  for (const PrecisionChange& change : changes) {
    const std::string beyond = beyond_bounds(change);
    list.push_back(Json{{"precision", name_of(change.precision)},
                        {"measured_on", change.rows_from},
                        {"rows", change.rows},
                        {"metric", change.metric},
                        {"f32", number_or_null(change.f32)},
                        {"value", number_or_null(change.changed)},
                        {"mean_change", number_or_null(change.mean)},
                        {"largest_change", number_or_null(change.largest)},
                        {"beyond_bounds", beyond.empty() ? Json() : Json(beyond)}});
  }
  return list;
}

std::vector<PrecisionChange> precision_changes_from_json(const Json& json) {
  std::vector<PrecisionChange> changes;
  for (const Json& item : json.as_array()) {
    const std::string& name = item.at("precision").as_string();
    const auto precision = value_named<Precision>(name);
    if (!precision) continue;  // of a later version
    changes.push_back({.precision = *precision,
                       .rows_from = item.at("measured_on").as_string(),
                       .rows = item.at("rows").as_int(),
                       .metric = item.at("metric").as_string(),
                       .f32 = optional_number(item.at("f32")),
                       .changed = optional_number(item.at("value")),
                       .mean = optional_number(item.at("mean_change")).value_or(kInfinity),
                       .largest = optional_number(item.at("largest_change")).value_or(kInfinity)});
  }
  return changes;
}

const PrecisionChange& require_within_bounds(const std::vector<PrecisionChange>& changes, Precision precision) {
  const auto found = std::ranges::find(changes, precision, &PrecisionChange::precision);
  RIFT_REQUIRE(found != changes.end(), Code::kUnsupported,
               "--precision {0}: the package does not say what it does to the model's scores, which nobody measured; "
               "'rift evaluate PACKAGE DATA --precision {0}' shows it on labelled rows; train the model anew on a CPU "
               "(rift train, rift compare), which measures it and writes it into the package, or {1}",
               name_of(precision), kNextStep);
  const std::string beyond = beyond_bounds(*found);
  RIFT_REQUIRE(beyond.empty(), Code::kUnsupported, "--precision {}: refused, {} ({}); {}", name_of(precision), beyond,
               description(*found), kNextStep);
  return *found;
}

}  // namespace rift::score
