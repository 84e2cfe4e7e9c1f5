#include <utility>

#include "rift/base/log_odds.h"
#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

/// The mean over the levels t of max(t (y - q), (t - 1) (y - q)). The head says the lowest quantile and, through
/// softplus, how far each next one lies above (Form::kQuantiles), so that they cannot cross.
class Quantile final : public RowLoss {
 public:
  explicit Quantile(std::vector<double> levels) : levels_(std::move(levels)) {}

 private:
  double of_row(std::span<const double> logits, double target, std::span<double> gradient) const override {
    const auto count = static_cast<double>(levels_.size());
    double quantile = 0, loss = 0;
    for (size_t i = 0; i < levels_.size(); ++i) {
      quantile += i == 0 ? logits[0] : log1p_exp(logits[i]);
      const double miss = target - quantile;
      loss += (miss > 0 ? levels_[i] : levels_[i] - 1) * miss / count;
      gradient[i] = (miss > 0 ? -levels_[i] : 1 - levels_[i]) / count;  // in this quantile
    }
    // A step moves its own quantile and all above it.
    for (size_t i = levels_.size(); i-- > 1;) {
      gradient[i - 1] += gradient[i];
      gradient[i] *= sigmoid(logits[i]);
    }
    return loss;
  }

  std::vector<double> levels_;
};

}  // namespace

std::unique_ptr<Loss> make_loss(const QuantileLoss& options, const LossTarget&) {
  return std::make_unique<Quantile>(options.levels);
}

}  // namespace rift::objective
