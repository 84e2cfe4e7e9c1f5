#include "rift/models/part.h"

#include <utility>

namespace rift::models {

Part part_since(const nn::ParameterStore& store, std::string name, size_t begin) {
  Part part{std::move(name), {}};
  for (size_t i = begin; i < store.parameters().size(); ++i) part.parameters.push_back(store.parameters()[i].name);
  return part;
}

std::vector<checkpoint::NamedShape> shapes_since(const nn::ParameterStore& store, size_t begin) {
  std::vector<checkpoint::NamedShape> shapes;
  for (size_t i = begin; i < store.parameters().size(); ++i) {
    const nn::Parameter& parameter = store.parameters()[i];
    shapes.push_back({parameter.name, parameter.shape});
  }
  return shapes;
}

}  // namespace rift::models
