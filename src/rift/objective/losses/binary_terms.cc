#include "rift/objective/losses/binary_terms.h"

#include <cmath>

#include "rift/base/log_odds.h"

namespace rift::objective {

Term focal_term(double z, double gamma) {
  const double loss = log1p_exp(-z);  // -log p
  const double p = sigmoid(z);
  const double scale = gamma == 0 ? 1.0 : std::exp(-gamma * log1p_exp(z));  // (1 - p)^gamma
  return {scale * loss, -scale * (gamma * p * loss + sigmoid(-z))};
}

double BinaryLoss::of_row(std::span<const double> logits, double target, std::span<double> gradient) const {
  const Term said = term(logits[0], target > 0.5);
  gradient[0] = said.derivative;
  return said.value;
}

}  // namespace rift::objective
