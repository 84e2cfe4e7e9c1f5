#include "rift/nn/linear.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/linear.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "rift/base/error.h"

namespace rift::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// MKL rounds products of 5 to 11 rows differently for one thread than for several.
constexpr int64_t kFewestRows = 16;

/// A map of few outputs on a CPU: W's gradient is a product of as many rows as W has. x has enough rows.
struct FewOutputs : torch::autograd::Function<FewOutputs> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    context->save_for_backward({x, weight});
    context->saved_data["has_bias"] = bias.has_value();
    return at::linear(x, weight, bias);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &d_y = gradients[0];
    at::Tensor d_x, d_weight, d_bias;
    if (context->needs_input_grad(0)) d_x = d_y.mm(weight);
    if (context->needs_input_grad(1)) d_weight = with_enough_rows(d_y.t()).mm(x).narrow(0, 0, weight.size(0));
    if (context->saved_data["has_bias"].toBool() && context->needs_input_grad(2)) d_bias = d_y.sum(0);
    return {d_x, d_weight, d_bias};
  }
};

}  // namespace

at::Tensor with_enough_rows(const at::Tensor& x) {
  const int64_t rows = x.size(0);
  return rows >= kFewestRows || !x.is_cpu() ? x : at::constant_pad_nd(x, {0, 0, 0, kFewestRows - rows});
}

at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (!x.is_cpu()) return at::linear(x, weight, bias);
  const auto shift = bias.defined() ? std::optional(bias) : std::nullopt;
  const at::Tensor read = with_enough_rows(x);
  const at::Tensor y =
      weight.size(0) < kFewestRows ? FewOutputs::apply(read, weight, shift) : at::linear(read, weight, bias);
  return y.size(0) == x.size(0) ? y : y.narrow(0, 0, x.size(0));
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
  const at::Tensor read = adapter ? adapter->input(x) : x;
  at::Tensor y = weight->frozen ? product(read) : linear_map(read, weight->view, added);
  if (weight->frozen && added.defined()) y = y.add(added);
  return adapter ? adapter->apply(read, y, call) : y;
}

at::Tensor Linear::product(const at::Tensor& x) const {
  return weight->frozen ? frozen_linear(x, weight->frozen) : linear_map(x, weight->view, {});
}

bool LinearMap::trainable() const {
  return weight->trainable || (bias != nullptr && bias->trainable) || (adapter && adapter->trainable());
}

at::Tensor merged_weight(const LinearMap& map) {
  const at::NoGradGuard no_gradient;
  const at::Tensor weight = numbers_of(*map.weight);
  return map.adapter ? weight.add(map.adapter->delta()) : weight;
}

at::Tensor merged_bias(const LinearMap& map) {
  const at::NoGradGuard no_gradient;
  const at::Tensor bias = numbers_of(*map.bias);
  const at::Tensor delta = map.adapter ? map.adapter->bias_delta() : at::Tensor();
  return delta.defined() ? bias.add(delta) : bias;
}

void merge_adapter(LinearMap& map) {
  if (!map.adapter || map.weight->frozen) return;
  const at::NoGradGuard no_gradient;
  const at::Tensor delta = map.adapter->delta(), bias_delta = map.adapter->bias_delta();
  map.weight->view.detach().add_(delta);
  if (bias_delta.defined()) map.bias->view.detach().add_(bias_delta);
  map.adapter.reset();
}

}  // namespace rift::nn
