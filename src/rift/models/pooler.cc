#include "rift/models/pooler.h"

namespace rift::models {

Pooler Pooler::add_to(nn::ParameterStore& store, const OwnHead& head, int64_t width) {
  Pooler pooler{.dense = head.pooler_has_bias ? nn::Linear::add_to(store, head.pooler, width, width)
                                              : nn::Linear::add_without_bias(store, head.pooler, width, width),
                .activation = head.activation,
                .norm = {}};
  if (!head.pooler_norm.empty()) {
    pooler.norm = nn::LayerNorm::add_without_bias(store, head.pooler_norm, width, head.norm_epsilon);
  }
  return pooler;
}

at::Tensor Pooler::forward(const at::Tensor& x, const nn::LinearCall& call) const {
  const at::Tensor y = nn::activate(activation, dense.forward(x, call));
  return norm ? norm->forward(y) : y;
}

std::vector<const nn::Parameter*> Pooler::parameters() const {
  std::vector<const nn::Parameter*> parameters = {dense.weight};
  if (dense.bias != nullptr) parameters.push_back(dense.bias);
  if (norm) parameters.push_back(norm->weight);
  return parameters;
}

}  // namespace rift::models
