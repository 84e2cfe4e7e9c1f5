#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rift/models/own_head.h"
#include "rift/nn/activation.h"
#include "rift/nn/layer_norm.h"
#include "rift/nn/linear.h"

namespace rift::models {

/// y = norm(activation(x W^T + b)), the norm where there is one.  x, y [B,D].
struct Pooler {
  nn::Linear dense;
  nn::Activation activation = nn::Activation::kTanh;
  std::optional<nn::LayerNorm> norm;

  static Pooler add_to(nn::ParameterStore& store, const OwnHead& head, int64_t width);
  at::Tensor forward(const at::Tensor& x, const nn::LinearCall& call) const;
  std::vector<const nn::Parameter*> parameters() const;  // in storage order
};

}  // namespace rift::models
