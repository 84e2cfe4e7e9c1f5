#include "rift/nn/linear.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/linear.h>

#include "rift/base/error.h"

namespace rift::nn {

namespace {

/// MKL rounds products of 5 to 11 rows differently for one thread than for several.
constexpr int64_t kFewestRows = 16;

}  // namespace

at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const int64_t rows = x.size(0);
  if (rows >= kFewestRows || !x.is_cpu()) return at::linear(x, weight, bias);
  return at::linear(at::constant_pad_nd(x, {0, 0, 0, kFewestRows - rows}), weight, bias).narrow(0, 0, rows);
}

Linear Linear::add_to(ParameterStore& store, const std::string& name, int64_t in, int64_t out) {
  Linear linear = add_without_bias(store, name, in, out);
  linear.bias = &store.add(name + ".bias", {out});
  return linear;
}

Linear Linear::add_without_bias(ParameterStore& store, const std::string& name, int64_t in, int64_t out) {
  Linear linear;
  linear.name = name;
  linear.weight = &store.add(name + ".weight", {out, in});
  return linear;
}

at::Tensor Linear::forward(const at::Tensor& x, const LinearCall& call) const {
  const at::Tensor added = bias == nullptr ? at::Tensor() : bias->view;
  at::Tensor y = weight->frozen ? frozen_linear(x, weight->frozen) : linear_map(x, weight->view, added);
  if (weight->frozen && added.defined()) y = y.add(added);
  return adapter ? adapter->apply(x, y, call) : y;
}

bool LinearMap::trainable() const {
  return weight->trainable || (bias != nullptr && bias->trainable) || (adapter && adapter->trainable());
}

at::Tensor merged_weight(const LinearMap& map) {
  const at::NoGradGuard no_gradient;
  const at::Tensor weight = numbers_of(*map.weight);
  return map.adapter ? weight.add(map.adapter->delta()) : weight;
}

void merge_adapter(LinearMap& map) {
  if (!map.adapter || map.weight->frozen) return;
  const at::NoGradGuard no_gradient;
  map.weight->view.detach().add_(map.adapter->delta());
  map.adapter.reset();
}

}  // namespace rift::nn
