#include "rift/objective/loss.h"

#include <numeric>

#include "rift/base/error.h"

namespace rift::objective {

double RowLoss::weight(std::span<const double> /*targets*/, std::span<const double> weights) const {
  return std::accumulate(weights.begin(), weights.end(), 0.0);
}

LossSum RowLoss::evaluate(const LossBatch& batch, std::span<double> gradient) const {
  const size_t rows = batch.targets.size();
  RIFT_CHECK(batch.weights.size() == rows && gradient.size() == batch.logits.size());
  if (rows == 0) return {};
  RIFT_CHECK(batch.logits.size() % rows == 0);
  const size_t outputs = batch.logits.size() / rows;
  LossSum total;
  for (size_t row = 0; row < rows; ++row) {
    const std::span<double> of_logits = gradient.subspan(row * outputs, outputs);
    const double loss = of_row(batch.logits.subspan(row * outputs, outputs), batch.targets[row], of_logits);
    for (double& derivative : of_logits) derivative *= batch.weights[row];
    total.sum += batch.weights[row] * loss;
    total.weight += batch.weights[row];
  }
  return total;
}

}  // namespace rift::objective
