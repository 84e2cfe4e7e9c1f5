#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/score/isotonic.h"
#include "rift/score/maximum_likelihood.h"
#include "rift/score/scorer.h"

namespace rift::score {

enum class CalibrationMethod { kAutomatic, kNone, kPlatt, kIsotonic, kTemperature, kBeta };
constexpr auto enum_names(CalibrationMethod) {
  return std::to_array<EnumName<CalibrationMethod>>({{CalibrationMethod::kAutomatic, "automatic"},
                                                     {CalibrationMethod::kNone, "none"},
                                                     {CalibrationMethod::kPlatt, "platt"},
                                                     {CalibrationMethod::kIsotonic, "isotonic"},
                                                     {CalibrationMethod::kTemperature, "temperature"},
                                                     {CalibrationMethod::kBeta, "beta"}});
}

/// Raw scores -> probabilities. Fitted on rows that the model has not seen.
///   Platt:    pd = sigmoid(a * log_odds + b), maximum likelihood with Platt's smoothed targets (Platt 1999)
///   isotonic: pool-adjacent-violators on the log-odds, linear between the ends of the blocks (Zadrozny & Elkan 2002)
///   temperature: pd = sigmoid(log_odds / temperature): the order and the even odds stay (Guo et al. 2017)
///   beta:     pd = sigmoid(a log p - b log(1 - p) + c), p = sigmoid(log_odds), a and b at least 0: bends either way,
///             and the identity is one of them (Kull et al. 2017)
///   kAutomatic: Platt, or isotonic from 1,000 rows of each class on where its log loss over 5 folds is lower;
///               the i-th row of a class is in fold i mod 5
///   several classes, ordered or not: one temperature, for every method but kNone
///   multi-label: Platt for each label by itself, for every method but kNone; a label that no row or every
///               row has stays as it is
///   regression: none
/// Every likelihood has Platt's smoothed targets. Never changes a ranking, except that isotonic may tie rows and that
/// Platt and beta give all rows the same pd where the score ranks the wrong way round. Platt and isotonic equal
/// scikit-learn's _SigmoidCalibration and IsotonicRegression.
class Calibrator {
 public:
  static Calibrator identity(data::Task task);
  /// raw.values against labels [N]; weights [N], empty = all one. Throws kData when binary labels hold one class, when
  /// there is no row with weight, and naming the row whose raw score is not finite.
  static Calibrator fit(data::Task task, CalibrationMethod method, const RawScores& raw, std::span<const double> labels,
                        std::span<const double> weights);
  /// binary [N] pd; multi-class and ordinal [N*C] probabilities; multi-label [N*L] a probability each; regression
  /// unchanged. NaN stays NaN.
  std::vector<double> apply(const RawScores& raw) const;
  CalibrationMethod method() const { return method_; }
  /// Calibrated log-odds of a binary task = slope * log-odds + intercept; nullopt for isotonic, beta and other tasks.
  struct Line {
    double slope = 1.0, intercept = 0.0;
  };
  std::optional<Line> line() const;
  /// Calibrated log-odds of a beta calibration = a log p - b log(1 - p) + c; nullopt for the others.
  std::optional<BetaFit> beta() const;
  /// Of each label of a multi-label task [L]; empty when it is not calibrated.
  const std::vector<Line>& label_lines() const { return label_lines_; }
  /// The map of log-odds to pd of an isotonic one; nullptr for the others.
  const Isotonic* isotonic() const { return method_ == CalibrationMethod::kIsotonic ? &isotonic_ : nullptr; }
  /// What logits of several classes are multiplied by.
  double inverse_temperature() const { return slope_; }

  Json to_json() const;
  static Calibrator from_json(const Json& json);  // throws kArtefact

 private:
  void fit_labels(const RawScores& raw, std::span<const double> labels, std::span<const double> weights);
  void fit_binary(CalibrationMethod method, std::span<const double> log_odds, std::span<const double> labels,
                  std::span<const double> weights);

  data::Task task_ = data::Task::kBinary;
  CalibrationMethod method_ = CalibrationMethod::kNone;
  double slope_ = 1.0;      // Platt's a; 1 / temperature
  double intercept_ = 0.0;  // Platt's b
  Isotonic isotonic_;       // of log-odds -> pd
  BetaFit beta_;
  std::vector<Line> label_lines_;
};

/// Softmax of each row of [N*C].
std::vector<double> softmax(std::span<const double> logits, int64_t classes);

}  // namespace rift::score
