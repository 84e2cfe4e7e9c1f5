#include "rift/tuning/dora.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <utility>

namespace rift::tuning {

namespace {

constexpr int64_t kColumns[] = {1};

/// [D_out] as a factor of rows of W, or of a convolution's [C_out,C_in,K,K].
at::Tensor as_rows(const at::Tensor& vector, const at::Tensor& weight) {
  std::vector<int64_t> shape(static_cast<size_t>(weight.dim()), 1);
  shape[0] = vector.size(0);
  return vector.view(shape);
}

/// [D_out] as a factor of [S,D_out], or of images [B,C_out,H,W].
at::Tensor as_outputs(const at::Tensor& vector, const at::Tensor& y) {
  return y.dim() == 4 ? vector.view({1, -1, 1, 1}) : vector;
}

}  // namespace

DoraAdapter::DoraAdapter(nn::ParameterStore& store, const nn::LinearMap& map, std::shared_ptr<LoraAdapter> update)
    : map_(map),
      update_(std::move(update)),
      magnitude_(&store.add(map.name + ".lora_magnitude_vector" + update_->shape().label, {map.weight->shape[0]})) {}

at::Tensor DoraAdapter::lengths() const {
  const at::NoGradGuard no_gradient;
  const at::Tensor turned = nn::numbers_of(*map_.weight).add(update_->delta());
  return at::linalg_vector_norm(turned.flatten(1), 2, at::IntArrayRef(kColumns));
}

void DoraAdapter::start_magnitude() { magnitude_->view.detach().copy_(lengths()); }

at::Tensor DoraAdapter::apply(const at::Tensor& x, const at::Tensor& y_base, const nn::LinearCall& call) const {
  const at::Tensor factor = as_outputs(magnitude_->view / lengths(), y_base);  // [D_out]
  const at::Tensor thinned = update_->dropped(x, call);
  const bool dropped = call.context.training && update_->shape().dropout > 0;
  const at::Tensor bias = map_.bias == nullptr ? at::Tensor() : as_outputs(map_.bias->view, y_base);
  const at::Tensor of_weight = dropped ? map_.product(thinned) : bias.defined() ? y_base - bias : y_base;
  return y_base + (factor - 1) * of_weight + factor * update_->product(thinned).mul(update_->shape().scale);
}

at::Tensor DoraAdapter::delta() const {
  const at::NoGradGuard no_gradient;
  const at::Tensor weight = nn::numbers_of(*map_.weight);
  const at::Tensor turned = weight.add(update_->delta());
  return turned.mul(as_rows(magnitude_->view / lengths(), weight)).sub_(weight);
}

}  // namespace rift::tuning
