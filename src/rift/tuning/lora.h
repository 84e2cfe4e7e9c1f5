#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
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
  double scale = 2.0;    // of the update: alpha / rank, rank-stabilised alpha / sqrt(rank)
  double dropout = 0.0;  // on the update's input
  std::string label;     // stands in the parameters' names where a model holds several adapters
};

/// Linear map with a trainable low-rank update: y = x W^T + b + scale * (dropout(x) A^T) B^T.
///   x [S,D_in] -> y [S,D_out];  A [rank,D_in] = `name`.lora_A.weight;  B [D_out,rank] = `name`.lora_B.weight.
/// delta() = scale * B A. Source: arXiv:2106.09685 sec. 4.1; A starts Kaiming-uniform(sqrt 5) as in PEFT, not as the
/// paper's Gaussian; B starts at zero.
class LoraAdapter : public nn::LinearAdapter {
 public:
  /// Registers A and B; the store must then be sealed and filled (start_values, start_as_principal_part or PEFT's).
  LoraAdapter(nn::ParameterStore& store, const nn::LinearMap& map, const LoraShape& shape);

  at::Tensor apply(const at::Tensor& x, const at::Tensor& y_base, const nn::LinearCall& call) const override;
  std::optional<nn::LowRankUpdate> low_rank() const override { return {{a_, b_, shape_.scale, shape_.dropout}}; }
  at::Tensor delta() const override;
  bool trainable() const override { return a_->trainable || b_->trainable; }
  std::vector<const nn::Parameter*> parameters() const override { return {a_, b_}; }

  const nn::Parameter& a() const { return *a_; }
  const nn::Parameter& b() const { return *b_; }
  const LoraShape& shape() const { return shape_; }

  virtual at::Tensor dropped(const at::Tensor& x, const nn::LinearCall& call) const;  // x [S,D_in]
  virtual at::Tensor product(const at::Tensor& x) const;                              // x A^T B^T, without the scale

  /// A and B as they began where scale * B A was taken off W (PiSSA), else undefined.
  struct Start {
    at::Tensor a;
    at::Tensor b;
  };
  const Start& taken_off() const { return taken_off_; }
  void set_taken_off(Start start) { taken_off_ = std::move(start); }

 private:
  LoraShape shape_;
  const nn::Parameter* a_;
  const nn::Parameter* b_;
  Start taken_off_;
};

/// The same beside a convolution of one group, as PEFT does it: A [rank,C_in,K,K] walks as the convolution does, B
/// [C_out,rank,1,1] mixes what it gives. The kernel of one after the other is delta().
class ConvLoraAdapter final : public LoraAdapter {
 public:
  ConvLoraAdapter(nn::ParameterStore& store, const nn::Conv2d& conv, const LoraShape& shape)
      : LoraAdapter(store, conv, shape), walk_(conv.walk) {}

  std::optional<nn::LowRankUpdate> low_rank() const override { return std::nullopt; }
  at::Tensor dropped(const at::Tensor& x, const nn::LinearCall& call) const override;  // x [B,C_in,H,W]
  at::Tensor product(const at::Tensor& x) const override;

 private:
  nn::ConvWalk walk_;
};

/// A's and B's shape beside this map.
std::vector<int64_t> a_shape(const nn::LinearMap& map, int64_t rank);
std::vector<int64_t> b_shape(const nn::LinearMap& map, int64_t rank);

/// Throws kUnsupported for a convolution of several groups.
void require_takes_lora(const nn::LinearMap& map);

/// Registers the parameters of an update of this map. Throws as require_takes_lora().
std::shared_ptr<LoraAdapter> make_lora(nn::ParameterStore& store, const nn::LinearMap& map, const LoraShape& shape);

/// Those that the options name, else the model's lora_maps().
std::vector<std::string> lora_targets(const LoraOptions& options, const models::TunableModel& model);

/// A and B as training begins; the store is sealed. Depends on the seed and the parameters' names alone.
void start_values(nn::ParameterStore& store, const LoraAdapter& adapter, uint64_t seed);

/// PiSSA: of W = U S V^T the `rank` greatest singular values make B = U sqrt(S / scale), A = sqrt(S / scale) V^T, and
/// scale * B A is taken off W, so that the map computes what it did. Source: arXiv:2404.02948 sec. 3, with PEFT's
/// division by the scale. Throws kUnsupported for a W that is held frozen and for a convolution, kConfig for a rank
/// beyond W's.
void start_as_principal_part(LoraAdapter& adapter, const nn::LinearMap& map);

}  // namespace rift::tuning
