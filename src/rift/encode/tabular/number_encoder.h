#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"

namespace rift::encode::tabular {

enum class NumberTransform { kStandard, kQuantile };
constexpr auto enum_names(NumberTransform) {
  return std::to_array<EnumName<NumberTransform>>(
      {{NumberTransform::kStandard, "standard"}, {NumberTransform::kQuantile, "quantile"}});
}

struct NumberOptions {
  NumberTransform transform = NumberTransform::kStandard;
  int64_t knots = 100;
  double clip = 10.0;
  template <class V>
  void visit(V& v) {
    v("transform", transform, "standard: mean 0, deviation 1; quantile: normal score of the rank.");
    v("knots", knots, "Largest number of points that the quantile transform keeps.", at_least(3));
    v("clip", clip, "Encoded numbers stay within plus and minus this many deviations.", positive());
  }
};

/// One number column -> one network input near mean 0 and deviation 1, and a missing flag. Fitted on training rows.
///   standard: (x - mean) / deviation, deviation of the population (divisor n), 1 when the column is constant.
///   quantile: normal quantile of the mid-rank share (mean rank of ties - 1/2) / n (rankit scores), linear between kept
///             points, the outermost value beyond them. A point stands for five rows or more that follow each other: it
///             is the value that most of them share, else their mean, never what a single row holds (Defays & Anwar,
///             Masking Microdata Using Micro-Aggregation, J. Official Statistics 14 (1998)).
/// NaN encodes as 0 with flag 1; infinities are left out of the fit and encode as the clip (standard) or the outermost
/// value (quantile). A column without any finite training value, or fewer than five by quantiles, encodes as 0.
class NumberEncoder {
 public:
  static NumberEncoder fit(std::span<const double> training_values, const NumberOptions& options);
  double encode(double value) const;  // NaN -> 0
  static bool missing(double value) { return value != value; }

  double center() const { return center_; }
  double scale() const { return scale_; }
  const NumberOptions& options() const { return options_; }

  Json to_json() const;
  static NumberEncoder from_json(const Json& json);  // throws kArtefact

 private:
  NumberOptions options_;
  double center_ = 0.0;
  double scale_ = 1.0;
  std::vector<double> knots_;   // quantile: ascending distinct values
  std::vector<double> scores_;  // their normal scores, ascending
};

}  // namespace rift::encode::tabular
