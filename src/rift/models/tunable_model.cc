#include "rift/models/tunable_model.h"

#include <algorithm>

namespace rift::models {

std::vector<const nn::LinearMap*> TunableModel::linear_maps() const {
  const auto maps = const_cast<TunableModel*>(this)->linear_maps();  // hands out slots; here they are only read
  return {maps.begin(), maps.end()};
}

tensor::TensorMap TunableModel::merged_tensors() const {
  tensor::TensorMap tensors;
  for (const auto& [name, buffer] : parameters().buffers()) tensors.emplace(name, buffer.detach().clone());
  for (const nn::LinearMap* map : linear_maps()) tensors.emplace(map->weight->name, nn::merged_weight(*map));
  const auto keep = [&](const std::string& name) {
    if (!tensors.contains(name)) tensors.emplace(name, parameters().at(name).view.detach().clone());
  };
  std::ranges::for_each(stem().parameters, keep);
  for (const Part& layer : layers()) std::ranges::for_each(layer.parameters, keep);
  for (const nn::Parameter* parameter : pooler_parameters()) keep(parameter->name);
  std::ranges::for_each(head().parameters, keep);
  return tensors;
}

}  // namespace rift::models
