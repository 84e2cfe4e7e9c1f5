#include "rift/nn/layer_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <optional>

namespace rift::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// ATen's own, but for the gradients of weight and bias: ATen adds theirs up thread by thread, so that a training's
/// bytes would depend on the number of threads. A sum over rows is dealt to threads by columns.
struct RowNorm : torch::autograd::Function<RowNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, double epsilon) {
    auto [y, mean, reciprocal] = at::native_layer_norm(x, weight.sizes(), weight, bias, epsilon);
    context->save_for_backward({x, weight, bias.value_or(at::Tensor()), mean, reciprocal});
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2], &mean = saved[3], &reciprocal = saved[4];
    const at::Tensor d_y = gradients[0].contiguous();
    at::Tensor d_x, d_weight, d_bias;
    if (context->needs_input_grad(0)) {
      constexpr std::array<bool, 3> kOnlyX = {true, false, false};
      d_x = std::get<0>(at::native_layer_norm_backward(d_y, x, weight.sizes(), mean, reciprocal, weight, bias, kOnlyX));
    }
    if (context->needs_input_grad(1)) d_weight = (x - mean).mul_(reciprocal).mul_(d_y).sum(0);
    if (bias.defined() && context->needs_input_grad(2)) d_bias = d_y.sum(0);
    return {d_x, d_weight, d_bias, at::Tensor()};
  }
};

}  // namespace

LayerNorm LayerNorm::add_to(ParameterStore& store, const std::string& name, int64_t width, double epsilon) {
  return {&store.add(name + ".weight", {width}), &store.add(name + ".bias", {width}), epsilon};
}

LayerNorm LayerNorm::add_without_bias(ParameterStore& store, const std::string& name, int64_t width, double epsilon) {
  return {&store.add(name + ".weight", {width}), nullptr, epsilon};
}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  const auto shift = bias == nullptr ? std::nullopt : std::optional(bias->view);
  return RowNorm::apply(x.contiguous(), weight->view, shift, epsilon);
}

}  // namespace rift::nn
