#include <cmath>

#include "rift/objective/losses/binary_terms.h"
#include "rift/objective/losses/cross_entropy.h"
#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

class BinaryFocal final : public BinaryLoss {
 public:
  explicit BinaryFocal(double gamma) : gamma_(gamma) {}

 private:
  Term term(double log_odds, bool is_bad) const override {
    if (is_bad) return focal_term(log_odds, gamma_);
    const Term said = focal_term(-log_odds, gamma_);
    return {said.value, -said.derivative};
  }

  double gamma_;
};

class ClassFocal final : public RowLoss {
 public:
  explicit ClassFocal(double gamma) : gamma_(gamma) {}

 private:
  double of_row(std::span<const double> logits, double target, std::span<double> gradient) const override {
    const size_t own = class_of(target, logits.size());
    const std::vector<double> log_p = log_softmax(logits);
    const double p = std::exp(log_p[own]);
    const double rest = -std::expm1(log_p[own]);  // 1 - p
    const double scale = std::pow(rest, gamma_);
    // d(loss)/d(log p); log p / (1 - p) -> -1 where p -> 1
    const double slope = -scale + gamma_ * scale * p * (rest > 0 ? log_p[own] / rest : -1.0);
    for (size_t c = 0; c < logits.size(); ++c) gradient[c] = slope * ((c == own ? 1.0 : 0.0) - std::exp(log_p[c]));
    return -scale * log_p[own];
  }

  double gamma_;
};

}  // namespace

std::unique_ptr<Loss> make_loss(const FocalLoss& options, const LossTarget& target) {
  if (target.is_classes) return std::make_unique<ClassFocal>(options.gamma);
  return std::make_unique<BinaryFocal>(options.gamma);
}

}  // namespace rift::objective
