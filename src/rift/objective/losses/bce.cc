#include "rift/base/log_odds.h"
#include "rift/objective/losses/binary_terms.h"
#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

class Bce final : public BinaryLoss {
 public:
  explicit Bce(double pos_weight) : pos_weight_(pos_weight) {}

 private:
  Term term(double log_odds, bool is_bad) const override {
    if (!is_bad) return {log1p_exp(log_odds), sigmoid(log_odds)};
    return {pos_weight_ * log1p_exp(-log_odds), -pos_weight_ * sigmoid(-log_odds)};
  }

  double pos_weight_;
};

}  // namespace

std::unique_ptr<Loss> make_loss(const BceLoss& options, const LossTarget&) {
  return std::make_unique<Bce>(options.pos_weight);
}

}  // namespace rift::objective
