#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/objective/options.h"

namespace rift::objective {

/// Loss of a batch as a sum, so that batches, accumulated parts and ragged last ones add up before one division:
/// mean = sum / weight. Source of the rule: transformers issue 34191 (a mean of means is not the mean).
struct LossSum {
  double sum = 0;     // sum over rows of weight * loss
  double weight = 0;  // sum over rows of weight
};

/// L_task. Binary: logits [B], target 0/1; cross-entropy: logits [B,C] row-major, target = class index; mse: logits
/// [B], any value. Equal to PyTorch's BCEWithLogitsLoss, CrossEntropyLoss, MSELoss with reduction 'sum' and per-row
/// weights.
class TaskLoss {
 public:
  /// `outputs` = 1 or C. kAutomatic must have been resolved by resolve_loss. class_weight: one per class, empty = all
  /// one.
  TaskLoss(Loss loss, int64_t outputs, std::vector<double> class_weight);

  int64_t outputs() const { return outputs_; }

  /// The weight a row counts with: row weight times the weight of its class.
  double row_weight(double target, double row_weight) const;

  /// Adds up the batch and writes d(sum)/d(logits) into `gradient` (same length as logits). row_weights may be empty.
  /// A logit that is not finite gives a sum that is not finite: the caller stops the run.
  LossSum evaluate(std::span<const float> logits, std::span<const double> targets, std::span<const double> row_weights,
                   std::span<float> gradient) const;

 private:
  Loss loss_;
  int64_t outputs_;
  std::vector<double> class_weight_;
};

/// kAutomatic -> bce (one output, classes), cross_entropy (several outputs) or mse; throws kConfig when the loss asked
/// for does not fit the task, naming what does.
enum class Target { kBinary, kClasses, kValue };
Loss resolve_loss(Loss asked, Target target);

/// Per class n / (C * n_class), the weights of kBalanced. Throws kData when a class has no row.
std::vector<double> balanced_class_weights(std::span<const double> targets, int64_t classes);

}  // namespace rift::objective
