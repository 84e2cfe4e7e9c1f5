#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/objective/losses/cross_entropy.h"
#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

/// The k-th logit is that of y > k among the rows with y >= k; a row counts in the steps that it reaches. The sum over
/// them is -log p(y) by the chain rule. Source: arXiv:2111.08851, eq. 7; its mean is over rows here, not over steps.
class Corn final : public RowLoss {
  double of_row(std::span<const double> logits, double target, std::span<double> gradient) const override {
    const size_t own = class_of(target, logits.size() + 1);
    double loss = 0;
    for (size_t k = 0; k < logits.size(); ++k) {
      gradient[k] = 0;
      if (k > own) continue;
      const bool goes_on = own > k;
      loss += log1p_exp(goes_on ? -logits[k] : logits[k]);
      gradient[k] = sigmoid(logits[k]) - (goes_on ? 1.0 : 0.0);
    }
    return loss;
  }
};

}  // namespace

std::unique_ptr<Loss> make_loss(const CornLoss&, const LossTarget&) { return std::make_unique<Corn>(); }

}  // namespace rift::objective
