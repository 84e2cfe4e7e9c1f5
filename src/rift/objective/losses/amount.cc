#include <cmath>

#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

class Mse final : public RowLoss {
  double of_row(std::span<const double> logits, double target, std::span<double> gradient) const override {
    const double miss = logits[0] - target;
    gradient[0] = 2 * miss;
    return miss * miss;
  }
};

class Huber final : public RowLoss {
 public:
  explicit Huber(double delta) : delta_(delta) {}

 private:
  double of_row(std::span<const double> logits, double target, std::span<double> gradient) const override {
    const double miss = logits[0] - target;
    if (std::abs(miss) <= delta_) {
      gradient[0] = miss;
      return 0.5 * miss * miss;
    }
    gradient[0] = std::copysign(delta_, miss);
    return delta_ * (std::abs(miss) - 0.5 * delta_);
  }

  double delta_;
};

}  // namespace

std::unique_ptr<Loss> make_loss(const MseLoss&, const LossTarget&) { return std::make_unique<Mse>(); }
std::unique_ptr<Loss> make_loss(const HuberLoss& options, const LossTarget&) {
  return std::make_unique<Huber>(options.delta);
}

}  // namespace rift::objective
