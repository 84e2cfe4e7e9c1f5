#include "rift/train/validation_metric.h"

#include <algorithm>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/classification.h"
#include "rift/metrics/multiclass.h"
#include "rift/metrics/multilabel.h"
#include "rift/metrics/ordinal.h"
#include "rift/metrics/probability.h"
#include "rift/score/calibrator.h"

namespace rift::train {
namespace {

bool one_class(const ValidationRows& rows) {
  return std::ranges::adjacent_find(rows.label, std::not_equal_to<>()) == rows.label.end();
}

Json figure(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

void add_classification(Json& figures, const ValidationRows& rows, std::span<const double> predicted) {
  const auto matrix = metrics::confusion_matrix(rows.label, predicted, rows.classes, rows.weight);
  figures["accuracy"] = figure(metrics::accuracy(matrix));
  figures["macro_f1"] = figure(metrics::macro_f1(matrix));
}

void add_binary(Json& figures, const ValidationRows& rows, std::span<const double> raw) {
  std::vector<double> pd;
  for (const double value : raw) pd.push_back(sigmoid(value));
  figures["auc"] = figure(metrics::auc(rows.label, raw, rows.weight));
  figures["log_loss"] = figure(metrics::log_loss(rows.label, pd, rows.weight));
  add_classification(figures, rows, metrics::called_bad(pd));
}

void add_multiclass(Json& figures, const ValidationRows& rows, std::span<const double> raw) {
  const std::vector<double> probability = score::softmax(raw, rows.classes);
  figures["auc"] = figure(metrics::macro_auc(rows.label, probability, rows.classes, rows.weight));
  figures["log_loss"] = figure(metrics::log_loss(rows.label, probability, rows.classes, rows.weight));
  add_classification(figures, rows, metrics::most_likely_class(probability, rows.classes));
}

void add_ordinal(Json& figures, const ValidationRows& rows, std::span<const double> raw) {
  add_multiclass(figures, rows, raw);
  const std::vector<double> probability = score::softmax(raw, rows.classes);
  const auto called = metrics::most_likely_class(probability, rows.classes);
  figures["qwk"] =
      figure(metrics::quadratic_kappa(metrics::confusion_matrix(rows.label, called, rows.classes, rows.weight)));
  figures["rps"] = figure(metrics::ranked_probability_score(rows.label, probability, rows.classes, rows.weight));
}

void add_multilabel(Json& figures, const ValidationRows& rows, std::span<const double> raw) {
  std::vector<double> probability;
  for (const double value : raw) probability.push_back(sigmoid(value));
  const std::vector<double> label = data::spread_labels(rows.label, rows.classes);
  const auto orders = metrics::label_orders(label, probability, rows.classes);
  figures["auc"] = figure(metrics::macro_auc(orders, rows.weight));
  figures["log_loss"] = figure(metrics::label_log_loss(label, probability, rows.classes, rows.weight));
  const auto calls = metrics::label_calls(label, probability, rows.classes, rows.weight);
  figures["accuracy"] = calls ? Json(calls->exact_match) : Json();
  figures["macro_f1"] = calls ? Json(calls->macro_f1) : Json();
}

}  // namespace

StopMetric resolve_stop_metric(StopMetric asked, const ValidationRows& rows) {
  const bool regression = rows.task == data::Task::kRegression;
  if (asked == StopMetric::kAutomatic) {
    if (regression) return StopMetric::kLoss;
    return rows.task == data::Task::kBinary && !one_class(rows) ? StopMetric::kAuc : StopMetric::kLogLoss;
  }
  RIFT_REQUIRE(!regression || asked == StopMetric::kLoss, Code::kConfig,
               "train.early_stopping.metric: '{}' does not fit a regression; use 'loss' or leave it out",
               name_of(asked));
  RIFT_REQUIRE(
      asked != StopMetric::kAuc || !one_class(rows), Code::kData,
      "train.early_stopping.metric: the validation rows hold one class, so they have no auc; use 'log_loss' or "
      "another split");
  return asked;
}

Evaluation judge(const ValidationRows& rows, std::span<const double> raw, double loss, StopMetric metric) {
  RIFT_CHECK(metric != StopMetric::kAutomatic);
  Evaluation evaluation;
  evaluation.metric = name_of(metric);
  evaluation.higher_is_better = metric != StopMetric::kLoss && metric != StopMetric::kLogLoss;
  evaluation.figures = Json{{"loss", loss}};
  if (rows.task == data::Task::kBinary) add_binary(evaluation.figures, rows, raw);
  if (rows.task == data::Task::kMulticlass) add_multiclass(evaluation.figures, rows, raw);
  if (rows.task == data::Task::kOrdinal) add_ordinal(evaluation.figures, rows, raw);
  if (rows.task == data::Task::kMultilabel) add_multilabel(evaluation.figures, rows, raw);
  const Json& value = evaluation.figures.at(evaluation.metric);
  RIFT_REQUIRE(value.is_number(), Code::kData,
               "train.early_stopping.metric: {} is not defined on the validation rows (one class, or no weight)",
               evaluation.metric);
  evaluation.value = value.as_double();
  return evaluation;
}

}  // namespace rift::train
