#include "rift/metrics/rows.h"

#include <cmath>

#include "rift/base/error.h"

namespace rift::metrics {

void check_rows(std::span<const double> label, std::span<const double> score, std::span<const double> weight) {
  RIFT_CHECK(label.size() == score.size());
  RIFT_CHECK(weight.empty() || weight.size() == label.size());
  for (size_t i = 0; i < weight.size(); ++i) {
    RIFT_REQUIRE(std::isfinite(weight[i]) && weight[i] >= 0.0, Code::kData,
                 "row {} of the {} that are judged: expected a weight of zero or more, got a negative or missing one",
                 i, weight.size());
  }
}

void check_binary(std::span<const double> label) {
  for (size_t i = 0; i < label.size(); ++i) {
    RIFT_REQUIRE(label[i] == 0.0 || label[i] == 1.0, Code::kData,
                 "row {} of the {} that are judged: expected a label of 0 or 1", i, label.size());
  }
}

void check_classes(std::span<const double> values, int64_t classes, std::string_view what) {
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    RIFT_REQUIRE(value >= 0.0 && value < static_cast<double>(classes) && value == std::floor(value), Code::kData,
                 "row {} of the {} that are judged: expected a {} that is a class number from 0 to {}", i,
                 values.size(), what, classes - 1);
  }
}

void check_not_nan(std::span<const double> values, std::string_view what) {
  for (size_t i = 0; i < values.size(); ++i) {
    RIFT_REQUIRE(!std::isnan(values[i]), Code::kData, "row {} of the {} that are judged: the {} is missing (NaN)", i,
                 values.size(), what);
  }
}

void check_finite(std::span<const double> values, std::string_view what) {
  for (size_t i = 0; i < values.size(); ++i) {
    RIFT_REQUIRE(std::isfinite(values[i]), Code::kData,
                 "row {} of the {} that are judged: the {} is not a finite number", i, values.size(), what);
  }
}

void check_probability(std::span<const double> values, std::string_view what, int64_t classes) {
  const auto c = static_cast<size_t>(classes);
  for (size_t i = 0; i < values.size(); ++i) {
    RIFT_REQUIRE(values[i] >= 0.0 && values[i] <= 1.0, Code::kData,
                 "row {} of the {} that are judged: the {} is not in [0, 1]", i / c, values.size() / c, what);
  }
}

}  // namespace rift::metrics
