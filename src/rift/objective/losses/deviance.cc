#include <cmath>

#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

/// The part of half the deviance that depends on the mean m = exp(logit), of the family whose variance is m^power:
///   power 1 (Poisson):  m - y log m
///   1 < power < 2:      m^(2 - power) / (2 - power) - y m^(1 - power) / (1 - power)
///   power 2 (gamma):    log m + y / m
/// Its derivative in the logit is m^(2 - power) - y m^(1 - power) in each case.
class Deviance final : public RowLoss {
 public:
  explicit Deviance(double power) : power_(power) {}

 private:
  double of_row(std::span<const double> logits, double target, std::span<double> gradient) const override {
    const double x = logits[0];
    const double upper = 2.0 - power_, lower = 1.0 - power_;
    const double level = std::exp(upper * x), ratio = std::exp(lower * x);
    gradient[0] = level - target * ratio;
    const double of_mean = power_ == 2.0 ? x : level / upper;
    return of_mean - target * (power_ == 1.0 ? x : ratio / lower);
  }

  double power_;
};

}  // namespace

std::unique_ptr<Loss> make_loss(const PoissonLoss&, const LossTarget&) { return std::make_unique<Deviance>(1.0); }
std::unique_ptr<Loss> make_loss(const GammaLoss&, const LossTarget&) { return std::make_unique<Deviance>(2.0); }
std::unique_ptr<Loss> make_loss(const TweedieLoss& options, const LossTarget&) {
  return std::make_unique<Deviance>(options.power);
}

}  // namespace rift::objective
