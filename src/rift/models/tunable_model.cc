#include "rift/models/tunable_model.h"

#include <algorithm>

namespace rift::models {

std::vector<const nn::LinearMap*> TunableModel::linear_maps() const {
  const auto maps = const_cast<TunableModel*>(this)->linear_maps();  // hands out slots; here they are only read
  return {maps.begin(), maps.end()};
}

tensor::LazyTensors TunableModel::merged_tensors() const {
  tensor::LazyTensors tensors;
  for (const auto& [name, buffer] : parameters().buffers()) tensors.emplace(name, tensor::lazy(buffer.detach()));
  const auto add = [&](const nn::Parameter& parameter, std::function<at::Tensor()> read) {
    tensors.emplace(parameter.name, {.shape = parameter.shape, .dtype = parameters().dtype(), .read = std::move(read)});
  };
  for (const nn::LinearMap* map : linear_maps()) {
    add(*map->weight, [map] { return nn::merged_weight(*map); });
    if (map->bias != nullptr) add(*map->bias, [map] { return nn::merged_bias(*map); });
  }
  const auto keep = [&](const std::string& name) {
    const nn::Parameter& parameter = parameters().at(name);
    if (!tensors.contains(name)) add(parameter, [&parameter] { return nn::numbers_of(parameter); });
  };
  std::ranges::for_each(stem().parameters, keep);
  for (const Part& layer : layers()) std::ranges::for_each(layer.parameters, keep);
  for (const nn::Parameter* parameter : pooler_parameters()) keep(parameter->name);
  std::ranges::for_each(head().parameters, keep);
  return tensors;
}

}  // namespace rift::models
