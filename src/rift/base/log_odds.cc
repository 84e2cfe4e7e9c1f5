#include "rift/base/log_odds.h"

#include <algorithm>
#include <cmath>

namespace rift {

double sigmoid(double z) {
  if (z >= 0.0) return 1.0 / (1.0 + std::exp(-z));
  const double odds = std::exp(z);
  return odds / (1.0 + odds);
}

double log_odds(double p) {
  const double cut = std::clamp(p, 1e-12, 1.0 - 1e-12);
  return std::log(cut / (1.0 - cut));
}

double log1p_exp(double z) { return z > 0.0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z)); }

}  // namespace rift
