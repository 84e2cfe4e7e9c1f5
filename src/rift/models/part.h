#pragma once

#include <string>
#include <vector>

#include "rift/checkpoint/model_layout.h"
#include "rift/nn/parameters.h"

namespace rift::models {

/// A part of a model by the names of its parameters: what top_k, layer-wise rates and freezing speak of.
struct Part {
  std::string name;                     // "bert.encoder.layer.0"
  std::vector<std::string> parameters;  // full names, in storage order
};

/// Linear maps that a vector scales (IA3), by last name parts.
struct ScaledMaps {
  std::vector<std::string> maps;
  std::vector<std::string> by_input;  // those of `maps` whose input is scaled, the others' output
};

/// The parameters that were added to the store since it had `begin` of them.
Part part_since(const nn::ParameterStore& store, std::string name, size_t begin);
/// The same with their shapes.
std::vector<checkpoint::NamedShape> shapes_since(const nn::ParameterStore& store, size_t begin);

}  // namespace rift::models
