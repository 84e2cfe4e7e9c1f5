#include "rift/nn/batch_norm.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "rift/base/error.h"

namespace rift::nn {

BatchNorm2d BatchNorm2d::add_to(ParameterStore& store, const std::string& name, int64_t channels,
                                const BatchNormOptions& options) {
  return {.weight = &store.add(name + ".weight", {channels}),
          .bias = &store.add(name + ".bias", {channels}),
          .running_mean = &store.add_buffer(name + ".running_mean", at::zeros({channels}, store.dtype())),
          .running_variance = &store.add_buffer(name + ".running_var", at::ones({channels}, store.dtype())),
          .num_batches_tracked = &store.add_buffer(name + ".num_batches_tracked", at::zeros({}, at::kLong)),
          .options = options};
}

at::Tensor BatchNorm2d::forward(const at::Tensor& x, const ForwardContext& context) const {
  const bool of_batch = context.training && options.mode == BatchNormMode::kTuned;
  if (of_batch) {
    const int64_t values = x.numel() / x.size(1);
    RIFT_REQUIRE(values > 1, Code::kConfig,
                 "batch_norm: tuned: the variance of a batch needs more than {} value per channel; take larger batches "
                 "or images, or batch_norm: frozen",
                 values);
    if (!context.again) num_batches_tracked->add_(1);
  }
  const bool counts = !of_batch || !context.again;
  return std::get<0>(at::native_batch_norm(x, weight->view, bias->view, counts ? *running_mean : running_mean->clone(),
                                           counts ? *running_variance : running_variance->clone(), of_batch,
                                           options.momentum, options.epsilon));
}

}  // namespace rift::nn
