#include "rift/nn/linear.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>

#include "rift/base/error.h"

namespace rift::nn {

Linear Linear::add_to(ParameterStore& store, const std::string& name, int64_t in, int64_t out) {
  Linear linear;
  linear.name = name;
  linear.weight = &store.add(name + ".weight", {out, in});
  linear.bias = &store.add(name + ".bias", {out});
  return linear;
}

at::Tensor Linear::forward(const at::Tensor& x, const LinearCall& call) const {
  at::Tensor y = at::linear(x, weight->view, bias->view);
  return adapter ? adapter->apply(x, y, call) : y;
}

bool Linear::trainable() const { return weight->trainable || bias->trainable || (adapter && adapter->trainable()); }

at::Tensor merged_weight(const Linear& linear) {
  const at::NoGradGuard no_gradient;
  at::Tensor weight = linear.weight->view.detach().clone();
  if (linear.adapter) weight.add_(linear.adapter->delta());
  return weight;
}

void merge_adapter(Linear& linear) {
  if (!linear.adapter) return;
  const at::NoGradGuard no_gradient;
  linear.weight->view.detach().add_(linear.adapter->delta());
  linear.adapter.reset();
}

}  // namespace rift::nn
