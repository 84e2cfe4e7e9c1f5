#include "rift/objective/losses/cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rift/base/error.h"
#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

class CrossEntropy final : public RowLoss {
 public:
  CrossEntropy(double smoothing, std::vector<double> class_weight)
      : smoothing_(smoothing), class_weight_(std::move(class_weight)) {}

 private:
  /// The target is 1 - smoothing on the row's class and smoothing / C on every class. Class weights are of the class of
  /// each summand, as torch's; the row's own came with the row.
  double of_row(std::span<const double> logits, double target, std::span<double> gradient) const override {
    const size_t own = class_of(target, logits.size());
    const std::vector<double> log_p = log_softmax(logits);
    const double share = smoothing_ / static_cast<double>(logits.size());
    double loss = 0, total = 0;
    for (size_t c = 0; c < logits.size(); ++c) {
      double wanted = (c == own ? 1.0 - smoothing_ : 0.0) + share;
      if (!class_weight_.empty()) wanted *= class_weight_[c] / class_weight_[own];
      loss -= wanted * log_p[c];
      total += wanted;
      gradient[c] = -wanted;
    }
    for (size_t c = 0; c < logits.size(); ++c) gradient[c] += total * std::exp(log_p[c]);
    return loss;
  }

  double smoothing_;
  std::vector<double> class_weight_;
};

}  // namespace

std::vector<double> log_softmax(std::span<const double> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  const double log_sum = largest + std::log(sum);
  std::vector<double> log_p;
  for (const double logit : logits) log_p.push_back(logit - log_sum);
  return log_p;
}

size_t class_of(double target, size_t classes) {
  RIFT_CHECK(target >= 0 && target < static_cast<double>(classes));
  return static_cast<size_t>(target);
}

std::unique_ptr<Loss> make_loss(const CrossEntropyLoss& options, const LossTarget& target) {
  return std::make_unique<CrossEntropy>(options.label_smoothing, target.class_weight);
}

}  // namespace rift::objective
