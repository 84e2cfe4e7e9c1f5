#include "rift/models/tunable_model.h"

#include <algorithm>

namespace rift::models {

std::vector<const nn::LinearMap*> TunableModel::linear_maps() const {
  const auto maps = const_cast<TunableModel*>(this)->linear_maps();  // hands out slots; here they are only read
  return {maps.begin(), maps.end()};
}

tensor::TensorMap TunableModel::merged_tensors() const {
  const tensor::TensorMap all = parameters().to_map(true);
  tensor::TensorMap tensors;
  for (const auto& [name, buffer] : parameters().buffers()) tensors.emplace(name, all.at(name));
  const auto keep = [&](const std::string& name) { tensors.emplace(name, all.at(name)); };
  std::ranges::for_each(stem().parameters, keep);
  for (const Part& layer : layers()) std::ranges::for_each(layer.parameters, keep);
  for (const nn::Parameter* parameter : pooler_parameters()) keep(parameter->name);
  std::ranges::for_each(head().parameters, keep);
  for (const nn::LinearMap* map : linear_maps()) tensors[map->weight->name] = nn::merged_weight(*map);
  return tensors;
}

}  // namespace rift::models
