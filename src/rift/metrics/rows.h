#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// What every metric of this room asks of its rows. All take plain spans of one value a row, in this order:
///   label   0 or 1 (1 = bad), a class index, or the true value of a regression
///   score   higher = riskier (any scale), a pd in [0, 1], a predicted class, or a prediction
///   weight  >= 0; an empty span = every row weighs one
/// Weights are importance weights as scikit-learn's sample_weight: twice the weight = the row stands there twice.
/// Faults of the rows throw Error(kData) with the row's place in the spans and their length, never its value; spans of
/// different length throw Error(kBug). What cannot be computed (no rows, one class, no weight) is std::nullopt.
namespace rift::metrics {

/// Same length (weight may be empty), no negative, infinite or NaN weight.
void check_rows(std::span<const double> label, std::span<const double> score, std::span<const double> weight);

/// Every label is 0 or 1.
void check_binary(std::span<const double> label);
/// Every value is a whole number in [0, classes).
void check_classes(std::span<const double> values, int64_t classes, std::string_view what);
void check_not_nan(std::span<const double> values, std::string_view what);
void check_finite(std::span<const double> values, std::string_view what);
/// values [N * classes], row by row.
void check_probability(std::span<const double> values, std::string_view what, int64_t classes = 1);

inline double weight_of(std::span<const double> weight, size_t row) { return weight.empty() ? 1.0 : weight[row]; }

/// Weighted mean of value(row) over the rows that weigh something; nullopt when none does.
template <class Value>
std::optional<double> weighted_mean(size_t rows, std::span<const double> weight, const Value& value) {
  double sum = 0.0;
  double total = 0.0;
  for (size_t row = 0; row < rows; ++row) {
    const double w = weight_of(weight, row);
    if (w == 0.0) continue;
    sum += w * value(row);
    total += w;
  }
  if (!(total > 0.0)) return std::nullopt;
  return sum / total;
}

}  // namespace rift::metrics
