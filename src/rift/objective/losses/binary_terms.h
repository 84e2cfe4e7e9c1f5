#pragma once

#include <span>

#include "rift/objective/loss.h"

namespace rift::objective {

/// A value and its derivative.
struct Term {
  double value = 0;
  double derivative = 0;
};

/// -(1 - p)^gamma log p with p = sigmoid(z), z the log-odds of what came true, and its derivative in z.
Term focal_term(double z, double gamma);

/// A loss of log-odds and whether the row is bad; of several labels the sum over them, the target being their set
/// (label l is bit l).
class BinaryLoss : public RowLoss {
 protected:
  virtual Term term(double log_odds, bool is_bad) const = 0;

 private:
  double of_row(std::span<const double> logits, double target, std::span<double> gradient) const final;
};

}  // namespace rift::objective
