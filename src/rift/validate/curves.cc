#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "rift/base/error.h"
#include "rift/metrics/classification.h"
#include "rift/metrics/gains.h"
#include "rift/metrics/multiclass.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/rows.h"
#include "rift/validate/evaluation.h"

namespace rift::validate {
namespace {

constexpr int64_t kRocPoints = 200;  // a drawing: more cannot be told apart on a screen
constexpr std::array kApprovalRates = {0.5, 0.7, 0.8, 0.9};
constexpr metrics::CalibrationOptions kEqualBands{.bins = 10, .rule = metrics::BinRule::kEqualCount};

Json roc_json(const metrics::ScoreCounts& counts) {
  Json points = Json::array();
  for (const metrics::RocPoint& point : metrics::roc_points(counts, kRocPoints)) {
    points.push_back(Json{{"fpr", point.false_positive_rate}, {"tpr", point.true_positive_rate}});
  }
  return points;
}

Json calibration_json(std::span<const double> label, std::span<const double> pd, std::span<const double> weight) {
  Json bands = Json::array();
  for (const metrics::CalibrationBin& bin : metrics::calibration_bins(label, pd, weight, kEqualBands)) {
    bands.push_back(Json{{"rows", bin.rows}, {"predicted", bin.mean_pd}, {"observed", bin.bad_rate}});
  }
  return bands;
}

Json shares(const std::vector<double>& weights) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  Json json = Json::array();
  for (const double weight : weights) json.push_back(total > 0.0 ? weight / total : 0.0);
  return json;
}

/// The axis ends at the next tenth above all but the highest thousandth, which counts in the last bin.
double histogram_end(std::span<const double> pd) {
  if (pd.empty()) return 1.0;
  std::vector<double> sorted(pd.begin(), pd.end());
  const auto place = static_cast<std::ptrdiff_t>(0.999 * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), sorted.begin() + place, sorted.end());
  return std::clamp(std::ceil(sorted[static_cast<size_t>(place)] * 10.0) / 10.0, 0.1, 1.0);
}

Json histogram_json(const JudgedRows& rows) {
  const metrics::ScoreHistogram histogram =
      metrics::score_histogram(metrics::count_scores(rows.label, rows.probability, rows.weight),
                               {.low = 0.0, .high = histogram_end(rows.probability), .bins = 20});
  return Json{{"low", histogram.low},
              {"high", histogram.high},
              {"good", shares(histogram.good)},
              {"bad", shares(histogram.bad)}};
}

/// Bands of the score, told by the range of the pd of their rows.
Json gains_json(const JudgedRows& rows, const metrics::ScoreCounts& counts) {
  Json bands = Json::array();
  for (const metrics::GainsBand& band : metrics::gains_table(counts)) {
    double low = 1.0;
    double high = 0.0;
    for (size_t row = 0; row < rows.label.size(); ++row) {
      if (rows.score[row] < band.score_low || rows.score[row] > band.score_high) continue;
      low = std::min(low, rows.probability[row]);
      high = std::max(high, rows.probability[row]);
    }
    bands.push_back(Json{{"band", band.band},
                         {"rows", band.weight},
                         {"bad", band.bad},
                         {"pd_low", low},
                         {"pd_high", high},
                         {"bad_rate", band.bad_rate},
                         {"cumulative_share", band.cumulative_weight_share},
                         {"cumulative_bad_share", band.cumulative_bad_share},
                         {"cumulative_good_share", band.cumulative_good_share},
                         {"lift", band.lift},
                         {"cumulative_lift", band.cumulative_lift}});
  }
  return bands;
}

Json approval_json(const metrics::ScoreCounts& counts) {
  Json rows = Json::array();
  for (const double rate : kApprovalRates) {
    const auto bad_rate = metrics::approved_bad_rate(counts, rate);
    rows.push_back(Json{{"approved", rate}, {"bad_rate", bad_rate ? Json(*bad_rate) : Json(nullptr)}});
  }
  return rows;
}

Json binary_curves(const JudgedRows& rows) {
  const metrics::ScoreCounts counts = metrics::count_scores(rows.label, rows.score, rows.weight);
  return Json{{"roc", roc_json(counts)},
              {"calibration", calibration_json(rows.label, rows.probability, rows.weight)},
              {"scores", histogram_json(rows)},
              {"gains", gains_json(rows, counts)},
              {"approval", approval_json(counts)}};
}

Json class_curves(const JudgedRows& rows) {
  const metrics::TopLabel top = metrics::top_label(rows.label, rows.probability, rows.classes);
  const metrics::ConfusionMatrix matrix = metrics::confusion_matrix(
      rows.label, metrics::most_likely_class(rows.probability, rows.classes), rows.classes, rows.weight);
  Json table = Json::array();
  for (int64_t truth = 0; truth < rows.classes; ++truth) {
    Json line = Json::array();
    for (int64_t called = 0; called < rows.classes; ++called) line.push_back(matrix.at(truth, called));
    table.push_back(std::move(line));
  }
  return Json{{"confusion", std::move(table)},
              {"calibration", calibration_json(top.correct, top.confidence, rows.weight)}};
}

/// Mean prediction and mean label in ten bands of equal weight by prediction.
Json amount_curves(const JudgedRows& rows) {
  struct Band {
    int64_t rows = 0;
    double weight = 0, predicted = 0, observed = 0;
  };
  const std::vector<double> any_label(rows.label.size(), 0.0);
  const metrics::ScoreOrder order(any_label, rows.score);
  const std::vector<int64_t> part = metrics::equal_parts(order.counts(rows.weight).good, kEqualBands.bins);
  std::vector<Band> bands(static_cast<size_t>(kEqualBands.bins));
  for (size_t row = 0; row < rows.label.size(); ++row) {
    const double weight = metrics::weight_of(rows.weight, row);
    Band& band = bands[static_cast<size_t>(part[order.group()[row]])];
    ++band.rows;
    band.weight += weight;
    band.predicted += weight * rows.score[row];
    band.observed += weight * rows.label[row];
  }
  Json json = Json::array();
  for (const Band& band : bands) {
    if (!(band.weight > 0.0)) continue;
    json.push_back(Json{
        {"rows", band.rows}, {"predicted", band.predicted / band.weight}, {"observed", band.observed / band.weight}});
  }
  return Json{{"calibration", std::move(json)}};
}

}  // namespace

Json curves(const JudgedRows& rows) {
  switch (rows.task) {
    case data::Task::kBinary:
      return binary_curves(rows);
    case data::Task::kMulticlass:
    case data::Task::kOrdinal:
      return class_curves(rows);
    case data::Task::kMultilabel:
      return Json::object();
    case data::Task::kRegression:
      return amount_curves(rows);
  }
  RIFT_CHECK(false);
  return {};
}

}  // namespace rift::validate
