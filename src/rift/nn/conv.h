#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "rift/nn/linear.h"
#include "rift/nn/parameters.h"

namespace rift::nn {

/// How a convolution walks over an image, alike in both directions.
struct ConvWalk {
  int64_t stride = 1;
  int64_t padding = 0;  // zeros on every side
  /// TensorFlow's rule "SAME" instead of `padding`: the output has ceil(size / stride) places, an odd zero comes last.
  bool pads_to_same = false;
  int64_t groups = 1;
};

/// x [B,C_in,H,W], weight [C_out,C_in/groups,K,K], bias [C_out] or undefined -> [B,C_out,H',W'].
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const ConvWalk& walk);

struct Conv2dShape {
  int64_t in = 0;
  int64_t out = 0;
  int64_t kernel = 1;
  bool has_bias = false;
};

/// A two-dimensional convolution with an optional adapter.  x [B,C_in,H,W] -> y [B,C_out,H',W'].
struct Conv2d : LinearMap {
  ConvWalk walk;

  /// Registers `name`.weight and, where there is one, `name`.bias.
  static Conv2d add_to(ParameterStore& store, const std::string& name, const Conv2dShape& shape, const ConvWalk& walk);
  at::Tensor forward(const at::Tensor& x, const LinearCall& call) const;
  at::Tensor product(const at::Tensor& x) const override;
};

}  // namespace rift::nn
