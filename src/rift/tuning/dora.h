#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "rift/nn/linear.h"
#include "rift/tuning/lora.h"

namespace rift::tuning {

/// A low-rank update that turns W's rows, and a vector m that gives them their lengths:
///   y = x W'^T + b,  W' = m * V / |V| row by row,  V = W + scale * B A;  m [D_out] = `name`.lora_magnitude_vector.
/// |V| counts as a constant in the gradient. Dropout thins x for the update and, in training, for the part of W that m
/// changes. m starts as the lengths of W. Source: arXiv:2402.09353 sec. 4.1 and 4.3, dropout as in PEFT.
class DoraAdapter final : public nn::LinearAdapter {
 public:
  /// Registers m beside the update's own parameters; `map` must outlive it.
  DoraAdapter(nn::ParameterStore& store, const nn::LinearMap& map, std::shared_ptr<LoraAdapter> update);

  /// m as training begins; the update must have its values.
  void start_magnitude();

  at::Tensor apply(const at::Tensor& x, const at::Tensor& y_base, const nn::LinearCall& call) const override;
  at::Tensor delta() const override;
  bool trainable() const override { return magnitude_->trainable || update_->trainable(); }
  std::vector<const nn::Parameter*> parameters() const override { return {&update_->a(), &update_->b(), magnitude_}; }

  const LoraAdapter& update() const { return *update_; }
  const nn::Parameter& magnitude() const { return *magnitude_; }

 private:
  at::Tensor lengths() const;  // |V|, [D_out]

  const nn::LinearMap& map_;
  std::shared_ptr<LoraAdapter> update_;
  const nn::Parameter* magnitude_;
};

}  // namespace rift::tuning
