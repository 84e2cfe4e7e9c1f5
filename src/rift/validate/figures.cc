#include "rift/validate/figures.h"

#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "rift/base/error.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/classification.h"
#include "rift/metrics/ks.h"
#include "rift/metrics/multiclass.h"
#include "rift/metrics/multilabel.h"
#include "rift/metrics/ordinal.h"
#include "rift/metrics/precision_recall.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/regression.h"
#include "rift/metrics/rows.h"

namespace rift::validate {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr metrics::CalibrationOptions kCalibration;

double or_undefined(const std::optional<double>& value) { return value.value_or(kUndefined); }

double mean_of(std::span<const double> values, std::span<const double> weight) {
  return or_undefined(metrics::weighted_mean(values.size(), weight, [&](size_t row) { return values[row]; }));
}

/// Sum over bins of |sum of w * (pd - outcome)|, by the total weight: calibration_error() with the bins known.
double calibration_error(std::span<const int64_t> bin, std::span<const double> gap, std::span<const double> weight) {
  std::vector<double> sum(static_cast<size_t>(kCalibration.bins));
  double total = 0.0;
  for (size_t row = 0; row < bin.size(); ++row) {
    const double w = metrics::weight_of(weight, row);
    sum[static_cast<size_t>(bin[row])] += w * gap[row];
    total += w;
  }
  if (!(total > 0.0)) return kUndefined;
  double error = 0.0;
  for (const double of_bin : sum) error += std::abs(of_bin);
  return error / total;
}

/// What accuracy, macro F1 and MCC need: the cell of each row in the confusion matrix.
class Cells {
 public:
  Cells(std::span<const double> label, std::span<const double> called, int64_t classes)
      : classes_(classes), cell_(label.size()) {
    for (size_t row = 0; row < label.size(); ++row) {
      cell_[row] = static_cast<size_t>(static_cast<int64_t>(label[row]) * classes + static_cast<int64_t>(called[row]));
    }
  }
  metrics::ConfusionMatrix matrix(std::span<const double> weight) const {
    metrics::ConfusionMatrix matrix{.classes = classes_,
                                    .weights = std::vector<double>(static_cast<size_t>(classes_ * classes_))};
    for (size_t row = 0; row < cell_.size(); ++row) matrix.weights[cell_[row]] += metrics::weight_of(weight, row);
    return matrix;
  }

 private:
  int64_t classes_;
  std::vector<size_t> cell_;
};

struct BinaryRows {
  metrics::ScoreOrder order;
  std::vector<double> squared_error, loss, gap;
  std::vector<int64_t> bin;
  Cells cells;
};

Figures binary_figures(const JudgedRows& rows) {
  metrics::check_rows(rows.label, rows.score, rows.weight);
  metrics::check_rows(rows.label, rows.probability, rows.weight);
  metrics::check_probability(rows.probability, "pd");
  auto held = std::make_shared<BinaryRows>(
      BinaryRows{.order = metrics::ScoreOrder(rows.label, rows.score),
                 .bin = metrics::calibration_bin_of(rows.probability, rows.weight, kCalibration),
                 .cells = Cells(rows.label, metrics::called_bad(rows.probability), 2)});
  for (size_t row = 0; row < rows.label.size(); ++row) {
    const double pd = rows.probability[row];
    const double bad = rows.label[row];
    held->gap.push_back(pd - bad);
    held->squared_error.push_back((pd - bad) * (pd - bad));
    held->loss.push_back(metrics::log_loss_of(bad == 1.0 ? pd : 1.0 - pd));
  }
  return {{"auc", "ks", "gini", "ap", "brier", "log_loss", "ece", "accuracy", "macro_f1", "mcc"},
          [held](std::span<const double> weight, std::span<double> out) {
            const metrics::ScoreCounts counts = held->order.counts(weight);
            const double area = or_undefined(metrics::auc(counts));
            const auto distance = metrics::ks(counts);
            const metrics::ConfusionMatrix matrix = held->cells.matrix(weight);
            out[0] = area;
            out[1] = distance ? distance->value : kUndefined;
            out[2] = metrics::gini_of_auc(area);
            out[3] = or_undefined(metrics::average_precision(counts));
            out[4] = mean_of(held->squared_error, weight);
            out[5] = mean_of(held->loss, weight);
            out[6] = calibration_error(held->bin, held->gap, weight);
            out[7] = or_undefined(metrics::accuracy(matrix));
            out[8] = or_undefined(metrics::macro_f1(matrix));
            out[9] = or_undefined(metrics::mcc(matrix));
          }};
}

struct ClassRows {
  std::vector<metrics::ScoreOrder> orders;
  std::vector<double> loss, squared_error, gap, ranked;
  std::vector<int64_t> bin;
  Cells cells;
};

double squared_distance(std::span<const double> probability, size_t outcome) {
  double sum = 0.0;
  for (size_t k = 0; k < probability.size(); ++k) {
    const double miss = probability[k] - (k == outcome ? 1.0 : 0.0);
    sum += miss * miss;
  }
  return sum;
}

Figures class_figures(const JudgedRows& rows) {
  const bool is_ordinal = rows.task == data::Task::kOrdinal;
  metrics::check_rows(rows.label, rows.label, rows.weight);
  const metrics::TopLabel top = metrics::top_label(rows.label, rows.probability, rows.classes);
  auto held = std::make_shared<ClassRows>(
      ClassRows{.orders = metrics::class_orders(rows.label, rows.probability, rows.classes),
                .bin = metrics::calibration_bin_of(top.confidence, rows.weight, kCalibration),
                .cells = Cells(rows.label, metrics::most_likely_class(rows.probability, rows.classes), rows.classes)});
  const auto classes = static_cast<size_t>(rows.classes);
  for (size_t row = 0; row < rows.label.size(); ++row) {
    const auto probability = rows.probability.subspan(row * classes, classes);
    const auto outcome = static_cast<size_t>(rows.label[row]);
    held->loss.push_back(metrics::log_loss_of(probability[outcome]));
    held->squared_error.push_back(squared_distance(probability, outcome));
    held->gap.push_back(top.confidence[row] - top.correct[row]);
    if (is_ordinal) {
      held->ranked.push_back(metrics::ranked_probability_of(probability, static_cast<int64_t>(rows.label[row])));
    }
  }
  std::vector<std::string> names = {"auc", "log_loss", "brier", "ece", "accuracy", "macro_f1", "mcc"};
  if (is_ordinal) names.insert(names.end(), {"qwk", "rps"});
  return {std::move(names), [held, is_ordinal](std::span<const double> weight, std::span<double> out) {
            const metrics::ConfusionMatrix matrix = held->cells.matrix(weight);
            out[0] = or_undefined(metrics::macro_auc(held->orders, weight));
            out[1] = mean_of(held->loss, weight);
            out[2] = mean_of(held->squared_error, weight);
            out[3] = calibration_error(held->bin, held->gap, weight);
            out[4] = or_undefined(metrics::accuracy(matrix));
            out[5] = or_undefined(metrics::macro_f1(matrix));
            out[6] = or_undefined(metrics::mcc(matrix));
            if (!is_ordinal) return;
            out[7] = or_undefined(metrics::quadratic_kappa(matrix));
            out[8] = mean_of(held->ranked, weight);
          }};
}

struct LabelRows {
  int64_t labels = 0;
  std::vector<double> label, probability;  // [N*L]
  std::vector<metrics::ScoreOrder> orders;
  std::vector<double> loss, squared_error;  // [N], means over the labels
};

Figures label_figures(const JudgedRows& rows) {
  const std::vector<double> label = data::spread_labels(rows.label, rows.classes);
  metrics::check_rows(rows.label, rows.label, rows.weight);
  metrics::check_probability(rows.probability, "probability");
  const auto labels = static_cast<size_t>(rows.classes);
  auto held =
      std::make_shared<LabelRows>(LabelRows{.labels = rows.classes,
                                            .label = label,
                                            .probability = {rows.probability.begin(), rows.probability.end()},
                                            .orders = metrics::label_orders(label, rows.probability, rows.classes)});
  for (size_t begin = 0; begin < label.size(); begin += labels) {
    double loss = 0.0, squared = 0.0;
    for (size_t at = begin; at < begin + labels; ++at) {
      const double p = rows.probability[at];
      loss += metrics::log_loss_of(label[at] == 1.0 ? p : 1.0 - p);
      squared += (p - label[at]) * (p - label[at]);
    }
    held->loss.push_back(loss / static_cast<double>(labels));
    held->squared_error.push_back(squared / static_cast<double>(labels));
  }
  return {{"auc", "log_loss", "brier", "accuracy", "micro_f1", "macro_f1"},
          [held](std::span<const double> weight, std::span<double> out) {
            const auto calls = metrics::label_calls(held->label, held->probability, held->labels, weight);
            out[0] = or_undefined(metrics::macro_auc(held->orders, weight));
            out[1] = mean_of(held->loss, weight);
            out[2] = mean_of(held->squared_error, weight);
            out[3] = calls ? calls->exact_match : kUndefined;
            out[4] = calls ? calls->micro_f1 : kUndefined;
            out[5] = calls ? calls->macro_f1 : kUndefined;
          }};
}

/// Of each row: the mean over the levels of its pinball loss, and whether the label lies from the lowest quantile to
/// the highest.
struct QuantileRows {
  std::vector<double> loss, covered;
};

QuantileRows quantile_rows(const JudgedRows& rows) {
  const size_t count = rows.levels.size();
  RIFT_CHECK(rows.quantiles.size() == rows.label.size() * count);
  metrics::check_finite(rows.quantiles, "quantile");
  QuantileRows of_rows;
  for (size_t row = 0; row < rows.label.size(); ++row) {
    const auto quantiles = rows.quantiles.subspan(row * count, count);
    const double y = rows.label[row];
    double loss = 0.0;
    for (size_t q = 0; q < count; ++q) {
      const double miss = y - quantiles[q];
      loss += (miss > 0.0 ? rows.levels[q] : rows.levels[q] - 1.0) * miss / static_cast<double>(count);
    }
    of_rows.loss.push_back(loss);
    of_rows.covered.push_back(y >= quantiles.front() && y <= quantiles.back() ? 1.0 : 0.0);
  }
  return of_rows;
}

Figures amount_figures(const JudgedRows& rows) {
  metrics::check_rows(rows.label, rows.score, rows.weight);
  metrics::check_finite(rows.label, "label");
  metrics::check_finite(rows.score, "prediction");
  const auto label = rows.label;
  const auto predicted = rows.score;
  std::vector<std::string> names = {"rmse", "mae", "r2", "bias"};
  std::shared_ptr<const QuantileRows> quantiles;
  if (!rows.levels.empty()) {
    quantiles = std::make_shared<const QuantileRows>(quantile_rows(rows));
    names.insert(names.end(), {"pinball", "coverage"});
  }
  if (rows.variance_power) names.emplace_back("deviance");
  return {std::move(names), [label, predicted, quantiles, power = rows.variance_power](std::span<const double> weight,
                                                                                       std::span<double> out) {
            out[0] = or_undefined(metrics::root_mean_squared_error(label, predicted, weight));
            out[1] = or_undefined(metrics::mean_absolute_error(label, predicted, weight));
            out[2] = or_undefined(metrics::r_squared(label, predicted, weight));
            out[3] = or_undefined(metrics::mean_error(label, predicted, weight));
            size_t next = 4;
            if (quantiles) {
              out[next++] = mean_of(quantiles->loss, weight);
              out[next++] = mean_of(quantiles->covered, weight);
            }
            if (power) out[next] = or_undefined(metrics::tweedie_deviance(label, predicted, *power, weight));
          }};
}

}  // namespace

Figures figures_of(const JudgedRows& rows) {
  switch (rows.task) {
    case data::Task::kBinary:
      return binary_figures(rows);
    case data::Task::kMulticlass:
    case data::Task::kOrdinal:
      return class_figures(rows);
    case data::Task::kMultilabel:
      return label_figures(rows);
    case data::Task::kRegression:
      return amount_figures(rows);
  }
  RIFT_CHECK(false);
  return {};
}

}  // namespace rift::validate
