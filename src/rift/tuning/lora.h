#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "rift/models/tunable_model.h"
#include "rift/nn/conv.h"
#include "rift/nn/linear.h"
#include "rift/nn/parameters.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

struct LoraShape {
  int64_t rank = 8;
  double scale = 2.0;    // of the update: alpha / rank
  double dropout = 0.0;  // on the update's input
};

/// Linear map with a trainable low-rank update: y = x W^T + b + scale * (dropout(x) A^T) B^T.
///   x [S,D_in] -> y [S,D_out];  A [rank,D_in] = `name`.lora_A.weight;  B [D_out,rank] = `name`.lora_B.weight.
/// delta() = scale * B A. Source: arXiv:2106.09685 sec. 4.1; A starts Kaiming-uniform(sqrt 5) as in PEFT, not as the
/// paper's Gaussian; B starts at zero.
class LoraAdapter : public nn::LinearAdapter {
 public:
  /// Registers A and B; the store must then be sealed and filled (start_values or PEFT's).
  LoraAdapter(nn::ParameterStore& store, const nn::LinearMap& map, const LoraShape& shape);

  at::Tensor apply(const at::Tensor& x, const at::Tensor& y_base, const nn::LinearCall& call) const override;
  std::optional<nn::LowRankUpdate> low_rank() const override { return {{a_, b_, shape_.scale, shape_.dropout}}; }
  at::Tensor delta() const override;
  bool trainable() const override { return a_->trainable || b_->trainable; }
  std::vector<const nn::Parameter*> parameters() const override { return {a_, b_}; }

  const nn::Parameter& a() const { return *a_; }
  const nn::Parameter& b() const { return *b_; }
  const LoraShape& shape() const { return shape_; }

 protected:
  at::Tensor dropped(const at::Tensor& x, const nn::LinearCall& call) const;  // x [S,D_in]

 private:
  LoraShape shape_;
  const nn::Parameter* a_;
  const nn::Parameter* b_;
};

/// The same beside a convolution of one group, as PEFT does it: A [rank,C_in,K,K] walks as the convolution does, B
/// [C_out,rank,1,1] mixes what it gives. The kernel of one after the other is delta().
class ConvLoraAdapter final : public LoraAdapter {
 public:
  ConvLoraAdapter(nn::ParameterStore& store, const nn::Conv2d& conv, const LoraShape& shape)
      : LoraAdapter(store, conv, shape), walk_(conv.walk) {}

  at::Tensor apply(const at::Tensor& x, const at::Tensor& y_base, const nn::LinearCall& call) const override;
  std::optional<nn::LowRankUpdate> low_rank() const override { return std::nullopt; }

 private:
  nn::ConvWalk walk_;
};

/// Those that the options name, else the model's lora_maps().
std::vector<std::string> lora_targets(const LoraOptions& options, const models::TunableModel& model);

/// A and B as training begins; the store is sealed. Depends on the seed and the parameters' names alone.
void start_values(nn::ParameterStore& store, const LoraAdapter& adapter, uint64_t seed);

}  // namespace rift::tuning
