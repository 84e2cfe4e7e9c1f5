#include "rift/metrics/label_scale.h"

#include <cmath>

namespace rift::metrics {

std::optional<LabelScale> label_scale(std::span<const double> label, std::span<const double> weight) {
  check_rows(label, label, weight);
  double total = 0.0, sum = 0.0, squares = 0.0;
  for (size_t row = 0; row < label.size(); ++row) {
    total += weight_of(weight, row);
    sum += weight_of(weight, row) * label[row];
  }
  if (!(total > 0.0)) return std::nullopt;
  LabelScale scale{.mean = sum / total};
  for (size_t row = 0; row < label.size(); ++row) {
    squares += weight_of(weight, row) * (label[row] - scale.mean) * (label[row] - scale.mean);
  }
  if (squares > 0.0) scale.deviation = std::sqrt(squares / total);
  return scale;
}

}  // namespace rift::metrics
