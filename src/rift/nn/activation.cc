#include "rift/nn/activation.h"

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tanh_backward.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace rift::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Elements of a part: ATen computes so few with one thread, and a multiple of every vector's width.
constexpr int64_t kPart = 16'384;

at::Tensor value(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::kGelu:
      return at::gelu(x, "none");
    case Activation::kGeluNew:
    case Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kRelu6:
      return at::hardtanh(x, 0, 6);
    case Activation::kSilu:
      return at::silu(x);
    case Activation::kTanh:
      return at::tanh(x);
  }
  RIFT_FAIL(Code::kBug, "activation without a function");
}

/// d_y times the derivative at x.
at::Tensor gradient(Activation activation, const at::Tensor& d_y, const at::Tensor& x) {
  switch (activation) {
    case Activation::kGelu:
      return at::gelu_backward(d_y, x, "none");
    case Activation::kGeluNew:
    case Activation::kGeluTanh:
      return at::gelu_backward(d_y, x, "tanh");
    case Activation::kSilu:
      return at::silu_backward(d_y, x);
    case Activation::kTanh:
      return at::tanh_backward(d_y, at::tanh(x));
    case Activation::kRelu:
    case Activation::kRelu6:
      break;
  }
  RIFT_FAIL(Code::kBug, "activation without a derivative");
}

/// compute(part of each input) for parts of the same size whatever the number of threads. ATen cuts an operation by its
/// threads, and where a cut falls within a vector its elements are computed one by one, which round otherwise.
template <class Compute>
at::Tensor in_parts(const at::Tensor& x, const Compute& compute) {
  at::Tensor out = at::empty_like(x);
  const at::Tensor to = out.view(-1);
  const int64_t elements = x.numel();
  at::parallel_for(0, (elements + kPart - 1) / kPart, 1, [&](int64_t first, int64_t last) {
    const at::AutoDispatchBelowADInplaceOrView no_autograd;  // workers do not inherit the caller's grad mode
    for (int64_t part = first; part < last; ++part) {
      const int64_t begin = part * kPart, count = std::min(kPart, elements - begin);
      to.narrow(0, begin, count).copy_(compute([&](const at::Tensor& of) {
        return of.view(-1).narrow(0, begin, count);
      }));
    }
  });
  return out;
}

struct InParts : torch::autograd::Function<InParts> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, Activation activation) {
    context->save_for_backward({x});
    context->saved_data["activation"] = static_cast<int64_t>(activation);
    return in_parts(x, [&](const auto& part_of) { return value(activation, part_of(x)); });
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());
    const at::Tensor x = context->get_saved_variables()[0], d_y = gradients[0].contiguous();
    return {in_parts(x, [&](const auto& part_of) { return gradient(activation, part_of(d_y), part_of(x)); }),
            at::Tensor()};
  }
};

}  // namespace

at::Tensor activate(Activation activation, const at::Tensor& x) {
  const bool is_exact = activation == Activation::kRelu || activation == Activation::kRelu6;
  return is_exact || !x.is_cpu() ? value(activation, x) : InParts::apply(x.contiguous(), activation);
}

}  // namespace rift::nn
