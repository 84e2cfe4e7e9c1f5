#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rift::objective {

/// Loss of a batch as a sum, so that batches, accumulated parts and ragged last ones add up before one division:
/// mean = sum / weight. Source of the rule: transformers issue 34191 (a mean of means is not the mean).
struct LossSum {
  double sum = 0;     // sum over rows of weight * loss
  double weight = 0;  // sum over rows of weight
};

/// The rows of a batch: logits [B*O] row-major, targets [B], weights [B].
struct LossBatch {
  std::span<const double> logits;
  std::span<const double> targets;
  std::span<const double> weights;
};

/// One task loss in f64. One file each under losses/.
class Loss {
 public:
  virtual ~Loss() = default;

  /// What the rows of a batch count with together: LossSum::weight.
  virtual double weight(std::span<const double> targets, std::span<const double> weights) const = 0;

  /// Adds up the batch and writes d(sum)/d(logits) into `gradient` [B*O].
  virtual LossSum evaluate(const LossBatch& batch, std::span<double> gradient) const = 0;
};

/// A loss that is a sum over rows, none of which knows of another.
class RowLoss : public Loss {
 public:
  double weight(std::span<const double> targets, std::span<const double> weights) const final;
  LossSum evaluate(const LossBatch& batch, std::span<double> gradient) const final;

 protected:
  /// The loss of a row, logits [O], and its derivative into `gradient` [O].
  virtual double of_row(std::span<const double> logits, double target, std::span<double> gradient) const = 0;
};

}  // namespace rift::objective
