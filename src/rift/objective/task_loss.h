#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rift/objective/loss.h"
#include "rift/objective/loss_table.h"
#include "rift/objective/options.h"

namespace rift::objective {

struct TaskLossSpec {
  LossOptions loss;  // resolved (resolve_loss)
  Target target = Target::kBinary;
  int64_t classes = 2;               // C or L of a target that has them
  std::vector<double> class_weight;  // one per class, empty = all one
};

/// L_task of a batch: the loss that run.yaml asks for, with the weights of rows and classes, from the head's f32.
class TaskLoss {
 public:
  explicit TaskLoss(TaskLossSpec spec);

  /// Numbers that the head says of a row.
  int64_t outputs() const { return outputs_; }

  /// What rows count with together: row weights (may be empty) times the weights of their classes.
  double weight(std::span<const double> targets, std::span<const double> row_weights) const;

  /// Adds up the batch, logits [B*outputs], and writes d(sum)/d(logits) into `gradient` (same length as logits).
  /// row_weights may be empty. A logit that is not finite makes sum and gradient NaN: the caller stops the run.
  LossSum evaluate(std::span<const float> logits, std::span<const double> targets, std::span<const double> row_weights,
                   std::span<float> gradient) const;

 private:
  std::vector<double> weights_of(std::span<const double> targets, std::span<const double> row_weights) const;

  int64_t outputs_;
  std::vector<double> class_weight_;
  std::shared_ptr<const Loss> loss_;
};

/// The weights that `options` asks for, one per class; empty = all one. balanced: n / (C * n_class) of the training
/// rows. Throws kData when a class has no row to be balanced by, kConfig for names that are not the classes.
std::vector<double> class_weights(const ClassWeightOptions& options, std::span<const double> targets,
                                  const std::vector<std::string>& class_names);

}  // namespace rift::objective
