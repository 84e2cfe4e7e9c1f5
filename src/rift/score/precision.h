#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/enum_names.h"
#include "rift/base/json.h"
#include "rift/score/scorer.h"

namespace rift::score {

constexpr auto enum_names(Precision) {
  return std::to_array<EnumName<Precision>>(
      {{Precision::kF32, "f32"}, {Precision::kBf16, "bf16"}, {Precision::kInt8, "int8"}});
}

/// How far a precision may move the scores of the measured rows before it is refused. `score`: the uncalibrated
/// probability of the bad class, or of each of several classes; of an amount, the prediction in deviations of the
/// labels.
struct PrecisionBounds {
  double auc = 0.002;       // it may fall by so much (binary)
  double log_loss = 0.005;  // it may rise by so much (several classes)
  double rmse = 0.002;      // it may rise by so much of itself (regression)
  double mean = 0.005;      // mean over the rows of the change of `score`, either way
  double largest = 0.05;    // the largest of them
};
inline constexpr PrecisionBounds kPrecisionBounds;

/// What a precision did to the scores of some rows whose outcome is known.
struct PrecisionChange {
  Precision precision = Precision::kF32;
  std::string rows_from;  // "validation", "training" or "evaluated"
  int64_t rows = 0;
  std::string metric;             // "auc", "log_loss", "rmse"
  std::optional<double> f32;      // nullopt where the rows hold one class
  std::optional<double> changed;  // the same figure in the precision
  double mean = 0.0;
  double largest = 0.0;  // infinite where a score is not finite

  bool operator==(const PrecisionChange&) const = default;
};

/// Rows, at least one, and their outcome.
struct MeasuredRows {
  data::Task task = data::Task::kBinary;
  std::string rows_from;       // "validation", "training" or "evaluated"
  std::vector<double> label;   // [N]
  std::vector<double> weight;  // [N], or empty for all one
};
/// `f32` and `changed` are the model's raw scores of `rows`, before and in `precision`.
PrecisionChange measure_change(const MeasuredRows& rows, const RawScores& f32, Precision precision,
                               const RawScores& changed);

/// "auc 0.71234 -> 0.71229, scores by 0.00110 on average and 0.0123 at most, on 512 validation rows".
std::string description(const PrecisionChange& change);
/// What the change is beyond, with figure and bound: "auc falls by 0.0041, more than 0.002"; empty within the bounds.
std::string beyond_bounds(const PrecisionChange& change);

Json to_json(const std::vector<PrecisionChange>& changes);
std::vector<PrecisionChange> precision_changes_from_json(const Json& json);  // throws kArtefact

/// The one of `precision`; throws kUnsupported naming figures, bounds and what to do where there is none among
/// `changes`, or where it is beyond the bounds.
const PrecisionChange& require_within_bounds(const std::vector<PrecisionChange>& changes, Precision precision);

}  // namespace rift::score
