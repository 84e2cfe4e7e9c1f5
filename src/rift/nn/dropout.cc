#include "rift/nn/dropout.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rift/base/error.h"
#include "rift/nn/kernels/dropout.h"

namespace rift::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kGrainTokens = 16;

/// y[s,:] = x[s,:] * mask of states[s]; x on the host.
at::Tensor masked(const at::Tensor& x, const at::Tensor& states, double probability) {
  const at::Tensor from = x.contiguous();
  at::Tensor to = at::empty_like(from);
  const int64_t width = from.size(1);
  const kernels::DropoutRate rate = kernels::dropout_rate(probability);
  const auto* state = states.const_data_ptr<int64_t>();
  AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "dropout", [&] {
    const auto* in = from.const_data_ptr<scalar_t>();
    auto* out = to.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, from.size(0), kGrainTokens, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        kernels::apply_dropout(static_cast<uint64_t>(state[s]), 0, width, rate, in + s * width, out + s * width);
      }
    });
  });
  return to;
}

/// The mask is made again in the backward pass: cheaper than keeping it.
struct HostDropout : torch::autograd::Function<HostDropout> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& states,
                            double probability) {
    context->saved_data["states"] = states;
    context->saved_data["probability"] = probability;
    return masked(x, states, probability);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {
        masked(gradients[0], context->saved_data["states"].toTensor(), context->saved_data["probability"].toDouble()),
        at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor dropout_states(const DropoutPlace& place, const tensor::PackedBatch& batch, const ForwardContext& context) {
  at::Tensor states = at::empty({count_of(place.tokens, batch)}, at::kLong);
  auto* state = states.mutable_data_ptr<int64_t>();
  kernels::DropoutToken token{.seed = context.seed, .epoch = context.epoch, .layer = place.layer, .site = place.site};
  for (int64_t row = 0; row < batch.rows; ++row) {
    token.row_key = batch.row_keys[row];
    const int64_t tokens = batch.row_tokens(row);
    const int64_t first = place.tokens == TokensRead::kLast ? tokens - 1 : 0;
    const int64_t last = place.tokens == TokensRead::kFirst ? 1 : tokens;
    for (token.token = first; token.token < last; ++token.token) {
      *state++ = static_cast<int64_t>(kernels::dropout_state(token));
    }
  }
  return states;
}

at::Tensor dropout(const at::Tensor& x, const DropoutPlace& place, const tensor::PackedBatch& batch,
                   const ForwardContext& context) {
  if (!context.training || place.probability == 0) return x;
  RIFT_CHECK(place.probability > 0 && place.probability < 1);
  RIFT_CHECK(x.dim() == 2 && x.size(0) == count_of(place.tokens, batch));
  const at::Tensor states = dropout_states(place, batch, context);
  if (x.is_cpu()) return HostDropout::apply(x, states, place.probability);
  const at::Tensor ones = at::ones(x.sizes(), at::TensorOptions().dtype(x.scalar_type()));
  return x.mul(masked(ones, states, place.probability).to(x.device()));
}

}  // namespace rift::nn
