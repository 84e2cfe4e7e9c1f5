#include "rift/objective/losses/binary_terms.h"

#include <cmath>
#include <cstdint>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"

namespace rift::objective {

Term focal_term(double z, double gamma) {
  const double loss = log1p_exp(-z);  // -log p
  const double p = sigmoid(z);
  const double scale = gamma == 0 ? 1.0 : std::exp(-gamma * log1p_exp(z));  // (1 - p)^gamma
  return {scale * loss, -scale * (gamma * p * loss + sigmoid(-z))};
}

double BinaryLoss::of_row(std::span<const double> logits, double target, std::span<double> gradient) const {
  RIFT_CHECK(target >= 0 && target < std::ldexp(1.0, static_cast<int>(logits.size())));
  const auto labels = static_cast<uint64_t>(target);
  double sum = 0;
  for (size_t label = 0; label < logits.size(); ++label) {
    const Term said = term(logits[label], ((labels >> label) & 1U) != 0);
    gradient[label] = said.derivative;
    sum += said.value;
  }
  return sum;
}

}  // namespace rift::objective
