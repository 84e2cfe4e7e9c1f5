#include "rift/nn/layer_norm.h"

#include <ATen/ops/layer_norm.h>

namespace rift::nn {

LayerNorm LayerNorm::add_to(ParameterStore& store, const std::string& name, int64_t width, double epsilon) {
  return {&store.add(name + ".weight", {width}), &store.add(name + ".bias", {width}), epsilon};
}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, weight->shape, weight->view, bias->view, epsilon);
}

}  // namespace rift::nn
