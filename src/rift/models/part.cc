#include "rift/models/part.h"

#include <utility>

namespace rift::models {

Part part_since(const nn::ParameterStore& store, std::string name, size_t begin) {
  Part part{std::move(name), {}};
  for (size_t i = begin; i < store.parameters().size(); ++i) part.parameters.push_back(store.parameters()[i].name);
  return part;
}

}  // namespace rift::models
