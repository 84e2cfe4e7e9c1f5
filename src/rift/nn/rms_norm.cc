#include "rift/nn/rms_norm.h"

#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

namespace rift::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// ATen's operations one by one would keep five tensors of x's size for the backward pass.
struct Normalise : torch::autograd::Function<Normalise> {
  /// x [N,K], scale [K].
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& scale, double epsilon) {
    const at::Tensor reciprocal = x.square().mean(-1, true).add_(epsilon).rsqrt_();  // [N,1]
    context->save_for_backward({x, scale, reciprocal});
    return x.mul(reciprocal).mul_(scale);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &scale = saved[1], &reciprocal = saved[2];
    const at::Tensor d_y = gradients[0].contiguous();
    const at::Tensor unit = x.mul(reciprocal);
    at::Tensor d_x, d_scale;
    if (context->needs_input_grad(0)) {
      const at::Tensor d_unit = d_y.mul(scale);
      d_x = d_unit.sub(unit.mul(d_unit.mul(unit).mean(-1, true))).mul_(reciprocal);
    }
    if (context->needs_input_grad(1)) d_scale = d_y.mul(unit).sum(0);
    return {d_x, d_scale, at::Tensor()};
  }
};

}  // namespace

RmsNorm RmsNorm::add_to(ParameterStore& store, const std::string& name, int64_t width, double epsilon) {
  return {&store.add(name + ".weight", {width}), epsilon};
}

at::Tensor RmsNorm::forward(const at::Tensor& x) const {
  const at::Tensor scale = counts_from_one ? weight->view.add(1) : weight->view;
  return Normalise::apply(x.reshape({-1, scale.size(0)}), scale, epsilon).view(x.sizes());
}

}  // namespace rift::nn
