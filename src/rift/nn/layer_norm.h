#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "rift/nn/parameters.h"

namespace rift::nn {

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias, or without a bias, over the last dimension. x, y [S,D].
/// Source: arXiv:1607.06450; the variance is the population's, as in PyTorch.
struct LayerNorm {
  const Parameter* weight = nullptr;
  const Parameter* bias = nullptr;  // nullptr where the norm has none
  double epsilon = 1e-12;

  /// Registers `name`.weight and `name`.bias.
  static LayerNorm add_to(ParameterStore& store, const std::string& name, int64_t width, double epsilon);
  /// Registers `name`.weight alone.
  static LayerNorm add_without_bias(ParameterStore& store, const std::string& name, int64_t width, double epsilon);
  at::Tensor forward(const at::Tensor& x) const;
  bool trainable() const { return weight->trainable || (bias != nullptr && bias->trainable); }
};

}  // namespace rift::nn
