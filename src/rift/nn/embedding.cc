#include "rift/nn/embedding.h"

#include <ATen/Dispatch.h>
#include <ATen/ops/embedding.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rift/base/threads.h"

namespace rift::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kColumnsOfPart = 64;

/// gradient[ids[s],:] += d[s,:], token after token: columns are dealt to threads, so that the order of a sum does not
/// depend on them.
void add_rows(const at::Tensor& ids, const at::Tensor& d, const at::Tensor& gradient) {
  const auto* id = ids.const_data_ptr<int64_t>();
  const int64_t tokens = d.size(0), width = d.size(1);
  AT_DISPATCH_FLOATING_TYPES(d.scalar_type(), "embedding_backward", [&] {
    const auto* from = d.const_data_ptr<scalar_t>();
    auto* to = gradient.mutable_data_ptr<scalar_t>();
    parallel_for(width, kColumnsOfPart, [&](int64_t first, int64_t last) {
      for (int64_t s = 0; s < tokens; ++s) {
        for (int64_t c = first; c < last; ++c) to[id[s] * width + c] += from[s * width + c];
      }
    });
  });
}

/// ATen's gradient of a lookup is a tensor as large as the table, made and added up in every step. This one adds the
/// tokens' rows to the parameter's gradient itself.
struct RowLookup : torch::autograd::Function<RowLookup> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& weight, const at::Tensor& ids) {
    context->save_for_backward({ids});
    context->saved_data["gradient"] = weight.grad();
    return at::embedding(weight, ids);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    add_rows(context->get_saved_variables()[0], gradients[0].contiguous(), context->saved_data["gradient"].toTensor());
    return {at::Tensor(), at::Tensor()};
  }
};

}  // namespace

Embedding Embedding::add_to(ParameterStore& store, const std::string& name, int64_t count, int64_t width) {
  return {&store.add_table(name + ".weight", {count, width})};
}

at::Tensor Embedding::forward(const at::Tensor& ids) const {
  return weight->trainable && ids.is_cpu() ? RowLookup::apply(weight->view, ids) : at::embedding(weight->view, ids);
}

}  // namespace rift::nn
