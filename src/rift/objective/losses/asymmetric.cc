#include <cmath>

#include "rift/base/log_odds.h"
#include "rift/objective/losses/binary_terms.h"
#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

class Asymmetric final : public BinaryLoss {
 public:
  explicit Asymmetric(const AsymmetricLoss& options) : options_(options) {}

 private:
  Term term(double log_odds, bool is_bad) const override {
    if (is_bad) return focal_term(log_odds, options_.gamma_bad);
    if (options_.margin == 0) {
      const Term said = focal_term(-log_odds, options_.gamma_good);
      return {said.value, -said.derivative};
    }
    const double p = sigmoid(log_odds);
    const double left = p - options_.margin;
    if (left <= 0) return {};
    const double gamma = options_.gamma_good;
    const double scale = std::pow(left, gamma);
    const double loss = -std::log1p(-left);
    const double slope = scale * (gamma * loss / left + 1.0 / (1.0 - left));  // in p
    return {scale * loss, slope * p * sigmoid(-log_odds)};
  }

  AsymmetricLoss options_;
};

}  // namespace

std::unique_ptr<Loss> make_loss(const AsymmetricLoss& options, const LossTarget&) {
  return std::make_unique<Asymmetric>(options);
}

}  // namespace rift::objective
