#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

#include "rift/base/enum_names.h"
#include "rift/nn/forward_context.h"
#include "rift/nn/parameters.h"

namespace rift::nn {

/// Which statistics a BatchNorm takes while training. Scoring always takes the running ones, so that a row's score does
/// not depend on the rows beside it.
///   frozen: the pretrained running statistics, which stay as they are; weight and bias may train all the same
///   tuned:  the batch's own, which also move the running ones
enum class BatchNormMode { kFrozen, kTuned };
constexpr auto enum_names(BatchNormMode) {
  return std::to_array<EnumName<BatchNormMode>>({{BatchNormMode::kFrozen, "frozen"}, {BatchNormMode::kTuned, "tuned"}});
}

struct BatchNormOptions {
  double epsilon = 1e-5;
  double momentum = 0.1;  // PyTorch's sense: running = (1 - momentum) running + momentum batch's
  BatchNormMode mode = BatchNormMode::kFrozen;
};

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias for each channel.  x, y [B,C,H,W].
/// The batch's variance is the population's where it normalises and the unbiased one where it moves the running
/// variance, as in PyTorch; num_batches_tracked counts the batches. Source: arXiv:1502.03167.
struct BatchNorm2d {
  const Parameter* weight = nullptr;
  const Parameter* bias = nullptr;
  const at::Tensor* running_mean = nullptr;         // [C], buffers of the store
  const at::Tensor* running_variance = nullptr;     // [C]
  const at::Tensor* num_batches_tracked = nullptr;  // [], int64
  BatchNormOptions options;

  /// Registers weight, bias, running_mean (0), running_var (1) and num_batches_tracked (0) below `name`.
  static BatchNorm2d add_to(ParameterStore& store, const std::string& name, int64_t channels,
                            const BatchNormOptions& options);
  /// Throws kConfig when the batch's statistics are wanted of one value per channel.
  at::Tensor forward(const at::Tensor& x, const ForwardContext& context) const;
};

}  // namespace rift::nn
