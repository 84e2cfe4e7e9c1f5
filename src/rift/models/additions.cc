#include "rift/models/additions.h"

#include <algorithm>

namespace rift::models {

std::vector<const nn::Parameter*> Additions::parameters(int64_t stage) const {
  std::vector<const nn::Parameter*> parameters;
  if (stage == 0) {
    if (prompt != nullptr) parameters.push_back(prompt);
    return parameters;
  }
  if (prefix != nullptr) parameters.push_back(prefix);
  if (behind.empty()) return parameters;
  for (const auto& adapter : behind[static_cast<size_t>(stage - 1)]) {
    if (!adapter) continue;
    for (const nn::Parameter* parameter : adapter->parameters()) parameters.push_back(parameter);
  }
  return parameters;
}

std::vector<const nn::Parameter*> Additions::parameters() const {
  std::vector<const nn::Parameter*> all;
  if (prompt != nullptr) all.push_back(prompt);
  if (prefix != nullptr) all.push_back(prefix);
  for (const OfLayer& layer : behind) {
    for (const auto& adapter : layer) {
      if (!adapter) continue;
      for (const nn::Parameter* parameter : adapter->parameters()) all.push_back(parameter);
    }
  }
  return all;
}

bool Additions::trains(int64_t stage) const {
  return std::ranges::any_of(parameters(stage), &nn::Parameter::trainable);
}

}  // namespace rift::models
