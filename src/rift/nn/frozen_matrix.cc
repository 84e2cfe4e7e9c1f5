#include "rift/nn/frozen_matrix.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "rift/base/error.h"
#include "rift/nn/linear.h"

namespace rift::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kPanelRows = 256;

/// Calls use(first, panel [rows,D_in]) for one panel of W after the other.
template <class Use>
void for_each_panel(const FrozenMatrix& weight, Use use) {
  const int64_t most = std::min(kPanelRows, weight.rows());
  const at::Tensor scratch = at::empty({most, weight.columns()}, at::TensorOptions().dtype(at::kFloat));
  for (int64_t first = 0; first < weight.rows(); first += most) {
    const int64_t rows = std::min(most, weight.rows() - first);
    const at::Tensor panel = scratch.narrow(0, 0, rows);
    weight.read_rows(first, first + rows, {panel.mutable_data_ptr<float>(), static_cast<size_t>(panel.numel())});
    use(first, panel);
  }
}

struct Held : torch::CustomClassHolder {
  std::shared_ptr<const FrozenMatrix> weight;
};

struct FrozenNode : torch::autograd::Function<FrozenNode> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const c10::intrusive_ptr<Held>& held) {
    const FrozenMatrix& weight = *held->weight;
    at::Tensor y = at::empty({x.size(0), weight.rows()}, x.options());
    for_each_panel(weight, [&](int64_t first, const at::Tensor& panel) {
      y.narrow(1, first, panel.size(0)).copy_(linear_map(x, panel, {}));
    });
    context->saved_data["held"] = c10::IValue::make_capsule(held);
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["held"].toCapsule();
    const FrozenMatrix& weight = *static_cast<Held*>(holder.get())->weight;
    const at::Tensor d_y = with_enough_rows(gradients[0]);
    at::Tensor d_x = at::zeros({d_y.size(0), weight.columns()}, d_y.options());
    for_each_panel(weight, [&](int64_t first, const at::Tensor& panel) {
      d_x.addmm_(d_y.narrow(1, first, panel.size(0)), panel);
    });
    return {d_x.narrow(0, 0, gradients[0].size(0)), at::Tensor()};
  }
};

}  // namespace

at::Tensor frozen_linear(const at::Tensor& x, const std::shared_ptr<const FrozenMatrix>& weight) {
  RIFT_CHECK(x.is_cpu() && x.scalar_type() == at::kFloat && x.size(1) == weight->columns());
  auto held = c10::make_intrusive<Held>();
  held->weight = weight;
  return FrozenNode::apply(x, held);
}

at::Tensor to_tensor(const FrozenMatrix& weight) {
  at::Tensor values = at::empty({weight.rows(), weight.columns()}, at::TensorOptions().dtype(at::kFloat));
  weight.read_rows(0, weight.rows(), {values.mutable_data_ptr<float>(), static_cast<size_t>(values.numel())});
  return values;
}

}  // namespace rift::nn
