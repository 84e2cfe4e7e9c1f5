#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "rift/models/part.h"
#include "rift/models/tunable_model.h"
#include "rift/nn/linear.h"
#include "rift/nn/parameters.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

/// A linear map whose input or output is scaled by a trained vector: y = (l * x) W^T + b, or y = l * (x W^T + b).
///   l [D_in] or [D_out] = `name`.ia3_l; of a convolution one number for each channel. It starts at one.
/// Source: arXiv:2205.05638 sec. 3.3; the output is scaled with its bias, as in PEFT.
class ScaleAdapter final : public nn::LinearAdapter {
 public:
  /// Registers l; `map` must outlive it. label: stands in its name where a model holds several adapters.
  ScaleAdapter(nn::ParameterStore& store, const nn::LinearMap& map, bool by_input, const std::string& label = "");

  at::Tensor input(const at::Tensor& x) const override;
  at::Tensor apply(const at::Tensor& x, const at::Tensor& y_base, const nn::LinearCall& call) const override;
  at::Tensor delta() const override;
  at::Tensor bias_delta() const override;
  bool trainable() const override { return scale_->trainable; }
  std::vector<const nn::Parameter*> parameters() const override { return {scale_}; }

  bool by_input() const { return by_input_; }
  const nn::Parameter& scale() const { return *scale_; }

 private:
  const nn::LinearMap& map_;
  bool by_input_;
  const nn::Parameter* scale_;
};

/// Numbers of l beside this map.
int64_t scale_size(const nn::LinearMap& map, bool by_input);

/// Throws kUnsupported where inputs of a convolution of several groups are to be scaled.
void require_takes_scale(const nn::LinearMap& map, bool by_input);

/// Those that the options name, else the model's scaled_maps().
models::ScaledMaps ia3_targets(const Ia3Options& options, const models::TunableModel& model);

}  // namespace rift::tuning
