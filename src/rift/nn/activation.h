#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <string_view>

#include "rift/base/options.h"

namespace rift::nn {

/// Element-wise functions by transformers' names (ACT2FN).
///   gelu: x Phi(x) with the exact erf (arXiv:1606.08415);  gelu_new = gelu_pytorch_tanh: its tanh approximation
///   relu6: min(max(x, 0), 6)
enum class Activation { kGelu, kGeluNew, kGeluTanh, kRelu, kRelu6, kSilu, kTanh };
constexpr auto enum_names(Activation) {
  return std::to_array<EnumName<Activation>>({{Activation::kGelu, "gelu"},
                                              {Activation::kGeluNew, "gelu_new"},
                                              {Activation::kGeluTanh, "gelu_pytorch_tanh"},
                                              {Activation::kRelu, "relu"},
                                              {Activation::kRelu6, "relu6"},
                                              {Activation::kSilu, "silu"},
                                              {Activation::kTanh, "tanh"}});
}

/// Of each element; on a CPU with the same bits for any number of threads, its gradient too.
at::Tensor activate(Activation activation, const at::Tensor& x);

}  // namespace rift::nn
