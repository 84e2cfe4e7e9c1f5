#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "rift/nn/parameters.h"

namespace rift::nn {

/// y = x / sqrt(mean(x^2) + epsilon) * scale over blocks of as many numbers as the weight has: a token's state, or each
/// head of it.  x, y [S,D], D a multiple of the weight's size. Source: arXiv:1910.07467.
struct RmsNorm {
  const Parameter* weight = nullptr;
  double epsilon = 1e-6;
  bool counts_from_one = false;  // scale = 1 + weight (Gemma), else the weight itself

  /// Registers `name`.weight.
  static RmsNorm add_to(ParameterStore& store, const std::string& name, int64_t width, double epsilon);
  at::Tensor forward(const at::Tensor& x) const;
  bool trainable() const { return weight->trainable; }
};

}  // namespace rift::nn
