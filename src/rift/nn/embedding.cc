#include "rift/nn/embedding.h"

#include <ATen/ops/embedding.h>

namespace rift::nn {

Embedding Embedding::add_to(ParameterStore& store, const std::string& name, int64_t count, int64_t width) {
  return {&store.add(name + ".weight", {count, width})};
}

at::Tensor Embedding::forward(const at::Tensor& ids) const { return at::embedding(weight->view, ids); }

}  // namespace rift::nn
