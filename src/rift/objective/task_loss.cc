#include "rift/objective/task_loss.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"

namespace rift::objective {
namespace {

// Loss of one row; gradient [C] gets weight * (softmax - one_hot).
double cross_entropy(std::span<const float> logits, size_t target, double weight, std::span<float> gradient) {
  const double largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  double sum = 0;
  for (float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
  const double log_sum = largest + std::log(sum);
  for (size_t c = 0; c < logits.size(); ++c) {
    const double probability = std::exp(static_cast<double>(logits[c]) - log_sum);
    gradient[c] = static_cast<float>(weight * (probability - (c == target ? 1.0 : 0.0)));
  }
  return log_sum - static_cast<double>(logits[target]);
}

}  // namespace

TaskLoss::TaskLoss(Loss loss, int64_t outputs, std::vector<double> class_weight)
    : loss_(loss), outputs_(outputs), class_weight_(std::move(class_weight)) {
  RIFT_CHECK(loss_ != Loss::kAutomatic);
  RIFT_CHECK(loss_ == Loss::kCrossEntropy ? outputs_ >= 2 : outputs_ == 1);
}

double TaskLoss::row_weight(double target, double row_weight) const {
  if (class_weight_.empty()) return row_weight;
  RIFT_CHECK(target >= 0 && target < static_cast<double>(class_weight_.size()));
  return row_weight * class_weight_[static_cast<size_t>(target)];
}

LossSum TaskLoss::evaluate(std::span<const float> logits, std::span<const double> targets,
                           std::span<const double> row_weights, std::span<float> gradient) const {
  const auto outputs = static_cast<size_t>(outputs_);
  RIFT_CHECK(logits.size() == targets.size() * outputs && gradient.size() == logits.size());
  RIFT_CHECK(row_weights.empty() || row_weights.size() == targets.size());
  LossSum total;
  for (size_t row = 0; row < targets.size(); ++row) {
    const double weight = row_weight(targets[row], row_weights.empty() ? 1.0 : row_weights[row]);
    const double x = static_cast<double>(logits[row * outputs]);
    double loss = 0;
    switch (loss_) {
      case Loss::kBce:
        loss = log1p_exp(x) - x * targets[row];
        gradient[row] = static_cast<float>(weight * (sigmoid(x) - targets[row]));
        break;
      case Loss::kMse:
        loss = (x - targets[row]) * (x - targets[row]);
        gradient[row] = static_cast<float>(weight * 2 * (x - targets[row]));
        break;
      case Loss::kCrossEntropy:
        RIFT_CHECK(targets[row] >= 0 && targets[row] < static_cast<double>(outputs_));
        loss = cross_entropy(logits.subspan(row * outputs, outputs), static_cast<size_t>(targets[row]), weight,
                             gradient.subspan(row * outputs, outputs));
        break;
      case Loss::kAutomatic:
        RIFT_CHECK(loss_ != Loss::kAutomatic);
        break;
    }
    total.sum += weight * loss;
    total.weight += weight;
  }
  return total;
}

Loss resolve_loss(Loss asked, Target target) {
  const Loss fitting = target == Target::kBinary    ? Loss::kBce
                       : target == Target::kClasses ? Loss::kCrossEntropy
                                                    : Loss::kMse;
  if (asked == Loss::kAutomatic || asked == fitting) return fitting;
  RIFT_FAIL(Code::kConfig, "objective.loss: '{}' does not fit this task; use '{}' or leave it out", name_of(asked),
            name_of(fitting));
}

std::vector<double> balanced_class_weights(std::span<const double> targets, int64_t classes) {
  std::vector<double> count(static_cast<size_t>(classes));
  for (double target : targets) {
    RIFT_CHECK(target >= 0 && target < static_cast<double>(classes));
    ++count[static_cast<size_t>(target)];
  }
  std::vector<double> weights;
  for (size_t c = 0; c < count.size(); ++c) {
    RIFT_REQUIRE(count[c] > 0, Code::kData,
                 "objective.class_weight: class {} has no training row, so it has no balanced weight; check the split",
                 c);
    weights.push_back(static_cast<double>(targets.size()) / (static_cast<double>(classes) * count[c]));
  }
  return weights;
}

}  // namespace rift::objective
