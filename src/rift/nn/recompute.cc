#include "rift/nn/recompute.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

#include "rift/base/error.h"
#include "rift/nn/engine/memory.h"

namespace rift::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Kept : torch::CustomClassHolder {
  explicit Kept(RecomputedPart own) : part(std::move(own)) {}
  RecomputedPart part;
};

/// The same kernels as in a pass with gradients, which those without need not take.
at::Tensor run(const RecomputedPart& part, const at::Tensor& x, bool again) {
  const at::AutoGradMode gradients(true);
  return part(x, again);
}

/// `ticket` needs a gradient, so that autograd takes part even where x needs none.
struct RecomputeNode : torch::autograd::Function<RecomputeNode> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& /*ticket*/,
                            const c10::intrusive_ptr<Kept>& kept) {
    context->save_for_backward({x});
    context->saved_data["kept"] = c10::IValue::make_capsule(kept);
    return run(kept->part, x.detach().requires_grad_(x.requires_grad()), false).detach();
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["kept"].toCapsule();
    const auto& kept = *static_cast<Kept*>(holder.get());
    const at::Tensor x = context->get_saved_variables()[0].detach().requires_grad_(context->needs_input_grad(0));
    try {
      run(kept.part, x, true).backward(gradients[0]);
    } catch (const engine::OutOfMemory& error) {
      RIFT_FAIL(Code::kEnvironment, "{}", error.message());
    }
    return {x.grad(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor recomputed(RecomputedPart part, const at::Tensor& x) {
  const at::Tensor ticket = at::empty({0}, x.options()).requires_grad_(true);
  return RecomputeNode::apply(x, ticket, c10::make_intrusive<Kept>(std::move(part)));
}

}  // namespace rift::nn
