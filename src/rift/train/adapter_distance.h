#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "rift/models/tunable_model.h"
#include "rift/nn/linear.h"

namespace rift::train {

/// L2-SP of low-rank updates: 1/2 * sum over them of |s B A - s B0 A0|^2, the squared distance of the adapted maps
/// themselves, with A0 and B0 the values at its making. Nothing larger than [rank,rank] is made, in f64:
///   |B A|^2 = <B^T B, A A^T>
class AdapterDistance {
 public:
  /// Throws kUnsupported where an adapter trains that is no low-rank update.
  explicit AdapterDistance(const models::TunableModel& model);

  bool empty() const { return updates_.empty(); }
  double value() const;
  /// Adds lambda times its gradient to those of A and B; returns the value without lambda.
  double add_gradient(double lambda) const;

 private:
  struct Held {
    nn::LowRankUpdate update;
    at::Tensor a0, b0;   // f64; undefined where their product is zero
    double start = 0.0;  // |B0 A0|^2
  };
  at::Tensor distance(const Held& held) const;
  std::vector<Held> updates_;
};

}  // namespace rift::train
