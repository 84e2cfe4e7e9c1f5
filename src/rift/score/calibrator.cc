#include "rift/score/calibrator.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/metrics/probability.h"
#include "rift/score/maximum_likelihood.h"

namespace rift::score {
namespace {

constexpr int64_t kFolds = 5;
constexpr int64_t kIsotonicRows = 1000;  // of each class

void check_finite(std::span<const double> values, int64_t outputs) {
  for (size_t i = 0; i < values.size(); ++i)
    RIFT_REQUIRE(std::isfinite(values[i]), Code::kData,
                 "row {} of the {} calibration rows: the model's raw score is not a finite number",
                 static_cast<int64_t>(i) / outputs, static_cast<int64_t>(values.size()) / outputs);
}

struct ClassRows {
  int64_t good = 0;
  int64_t bad = 0;
};

ClassRows class_rows(std::span<const double> labels, std::span<const double> weights) {
  ClassRows rows;
  for (size_t i = 0; i < labels.size(); ++i)
    if (weights.empty() || weights[i] > 0.0) ++(labels[i] > 0.5 ? rows.bad : rows.good);
  return rows;
}

/// The values of the rows whose place in `fold` is `held_out`, or of all the others.
std::vector<double> pick(std::span<const double> values, const std::vector<int64_t>& fold, int64_t held_out,
                         bool is_held_out) {
  std::vector<double> picked;
  for (size_t i = 0; i < values.size(); ++i)
    if ((fold[i] == held_out) == is_held_out) picked.push_back(values[i]);
  return picked;
}

/// Log loss of a method on rows that its fit did not see.
double out_of_fold_log_loss(CalibrationMethod method, std::span<const double> log_odds, std::span<const double> labels,
                            std::span<const double> weights) {
  std::vector<int64_t> fold;
  int64_t seen[2] = {0, 0};
  for (double label : labels) fold.push_back(seen[label > 0.5]++ % kFolds);
  double sum = 0.0;
  for (int64_t f = 0; f < kFolds; ++f) {
    const RawScores held_out{.values = pick(log_odds, fold, f, true)};
    const auto calibrator = Calibrator::fit(data::Task::kBinary, method, {.values = pick(log_odds, fold, f, false)},
                                            pick(labels, fold, f, false),
                                            weights.empty() ? std::vector<double>{} : pick(weights, fold, f, false));
    const std::vector<double> pd = calibrator.apply(held_out);
    const std::vector<double> outcome = pick(labels, fold, f, true);
    const std::vector<double> weight =
        weights.empty() ? std::vector<double>(pd.size(), 1.0) : pick(weights, fold, f, true);
    for (size_t i = 0; i < pd.size(); ++i)
      sum += weight[i] * metrics::log_loss_of(outcome[i] > 0.5 ? pd[i] : 1.0 - pd[i]);
  }
  return sum;
}

}  // namespace

std::vector<double> softmax(std::span<const double> logits, int64_t classes) {
  const auto c = static_cast<size_t>(classes);
  RIFT_CHECK(classes > 0 && logits.size() % c == 0);
  std::vector<double> shares(logits.begin(), logits.end());
  for (size_t begin = 0; begin < shares.size(); begin += c) {
    const std::span<double> row(shares.data() + begin, c);
    const double largest = *std::max_element(row.begin(), row.end());
    double total = 0.0;
    for (double& share : row) total += share = std::exp(share - largest);
    for (double& share : row) share /= total;
  }
  return shares;
}

Calibrator Calibrator::identity(data::Task task) {
  Calibrator calibrator;
  calibrator.task_ = task;
  return calibrator;
}

Calibrator Calibrator::fit(data::Task task, CalibrationMethod method, const RawScores& raw,
                           std::span<const double> labels, std::span<const double> weights) {
  Calibrator calibrator = identity(task);
  if (task == data::Task::kRegression || method == CalibrationMethod::kNone) return calibrator;
  RIFT_CHECK(raw.values.size() == labels.size() * static_cast<size_t>(raw.outputs));
  RIFT_CHECK(weights.empty() || weights.size() == labels.size());
  check_finite(raw.values, raw.outputs);
  const ClassRows rows = class_rows(labels, weights);
  RIFT_REQUIRE(rows.good + rows.bad > 0, Code::kData, "a calibrator needs rows: the calibration part has none");
  if (data::has_classes(task)) {
    calibrator.method_ = CalibrationMethod::kTemperature;
    calibrator.slope_ = fit_inverse_temperature(raw.values, raw.outputs, labels, weights);
    return calibrator;
  }
  if (task == data::Task::kMultilabel) {
    calibrator.fit_labels(raw, labels, weights);
    return calibrator;
  }
  RIFT_REQUIRE(rows.good > 0 && rows.bad > 0, Code::kData,
               "the {} calibration rows hold one class only: a calibrator needs good and bad ones", labels.size());
  if (method == CalibrationMethod::kAutomatic) {
    method = CalibrationMethod::kPlatt;
    const auto loss = [&](CalibrationMethod of) { return out_of_fold_log_loss(of, raw.values, labels, weights); };
    if (std::min(rows.good, rows.bad) >= kIsotonicRows &&
        loss(CalibrationMethod::kIsotonic) < loss(CalibrationMethod::kPlatt))
      method = CalibrationMethod::kIsotonic;
  }
  calibrator.fit_binary(method, raw.values, labels, weights);
  return calibrator;
}

void Calibrator::fit_binary(CalibrationMethod method, std::span<const double> log_odds, std::span<const double> labels,
                            std::span<const double> weights) {
  method_ = method;
  if (method == CalibrationMethod::kIsotonic) {
    isotonic_ = fit_isotonic(log_odds, labels, weights);
  } else if (method == CalibrationMethod::kBeta) {
    beta_ = fit_beta(log_odds, labels, weights);
  } else if (method == CalibrationMethod::kTemperature) {
    std::vector<double> both;  // logits of good and bad whose difference is the log-odds
    for (const double value : log_odds) both.insert(both.end(), {0.0, value});
    slope_ = fit_inverse_temperature(both, 2, labels, weights);
  } else {
    const PlattFit fitted = fit_platt(log_odds, labels, weights);
    slope_ = fitted.slope;
    intercept_ = fitted.intercept;
  }
}

void Calibrator::fit_labels(const RawScores& raw, std::span<const double> labels, std::span<const double> weights) {
  method_ = CalibrationMethod::kPlatt;
  for (int64_t label = 0; label < raw.outputs; ++label) {
    std::vector<double> log_odds, holds;
    for (size_t row = 0; row < labels.size(); ++row) {
      log_odds.push_back(raw.values[row * static_cast<size_t>(raw.outputs) + static_cast<size_t>(label)]);
      holds.push_back(data::holds(labels[row], label) ? 1.0 : 0.0);
    }
    const ClassRows rows = class_rows(holds, weights);
    Line line;
    if (rows.good > 0 && rows.bad > 0) {
      const PlattFit fitted = fit_platt(log_odds, holds, weights);
      line = {fitted.slope, fitted.intercept};
    }
    label_lines_.push_back(line);
  }
}

std::optional<Calibrator::Line> Calibrator::line() const {
  const bool is_curved = method_ == CalibrationMethod::kIsotonic || method_ == CalibrationMethod::kBeta;
  if (task_ != data::Task::kBinary || is_curved) return std::nullopt;
  return Line{slope_, intercept_};
}

std::optional<BetaFit> Calibrator::beta() const {
  return method_ == CalibrationMethod::kBeta ? std::optional(beta_) : std::nullopt;
}

std::vector<double> Calibrator::apply(const RawScores& raw) const {
  if (task_ == data::Task::kRegression) return raw.values;
  if (data::has_classes(task_)) {
    std::vector<double> scaled = raw.values;
    for (double& logit : scaled) logit *= slope_;
    return softmax(scaled, raw.outputs);
  }
  const auto calibrated = [&](size_t at) {
    const double value = raw.values[at];
    if (!label_lines_.empty()) {
      const Line& line = label_lines_[at % label_lines_.size()];
      return sigmoid(line.slope * value + line.intercept);
    }
    if (method_ == CalibrationMethod::kIsotonic) return isotonic_.at(value);
    return sigmoid(method_ == CalibrationMethod::kBeta ? beta_.log_odds(value) : slope_ * value + intercept_);
  };
  std::vector<double> pd;
  pd.reserve(raw.values.size());
  for (size_t at = 0; at < raw.values.size(); ++at) pd.push_back(calibrated(at));
  return pd;
}

}  // namespace rift::score
