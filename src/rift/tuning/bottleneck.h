#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "rift/models/additions.h"
#include "rift/nn/linear.h"
#include "rift/nn/parameters.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

/// A bottleneck behind a part of a layer: A(h) = W_up f(W_down h + b_down) + b_up, of width D / reduction.
///   houlsby:  norm(x + y + A(y)), f = SiLU
///   pfeiffer: norm(x + y + A(norm(x + y))), f = ReLU
/// y: what the part gives, x: the states; without a norm behind the sum norm is the identity. As the library `adapters`
/// computes its DoubleSeqBnConfig and SeqBnConfig. Its parameters are `name`.down.weight, ...
class Bottleneck final : public models::StateAdapter {
 public:
  struct Shape {
    int64_t width = 0;  // D
    int64_t inner = 0;
    BottleneckStyle style = BottleneckStyle::kPfeiffer;
  };
  /// Registers the parameters; the store must then be sealed and start_values() called.
  Bottleneck(nn::ParameterStore& store, const std::string& name, const Shape& shape);

  /// Weights from a normal distribution of 0.02, biases zero, as `adapters` begins.
  void start_values(nn::ParameterStore& store, uint64_t seed) const;
  at::Tensor join(const at::Tensor& y, const at::Tensor& x, const models::StateNorm& norm) const override;
  std::vector<const nn::Parameter*> parameters() const override {
    return {down_.weight, down_.bias, up_.weight, up_.bias};
  }

 private:
  at::Tensor changed(const at::Tensor& states) const;  // A

  BottleneckStyle style_;
  nn::Linear down_;
  nn::Linear up_;
};

}  // namespace rift::tuning
