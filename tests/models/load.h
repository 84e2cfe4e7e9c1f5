#pragma once

#include "rift/checkpoint/load_model.h"
#include "rift/models/architecture.h"

namespace rift::test {

inline checkpoint::ModelLayout layout_of(const Json& config) {
  return models::describe_text_model(config, "config.json").layout;
}

struct LoadedWeights {
  tensor::TensorMap tensors;
  checkpoint::NameMap names;
};

/// The weights of a model directory under canonical names.
inline LoadedWeights load_weights(const checkpoint::HfDirectory& directory, checkpoint::NameMapOptions options = {}) {
  checkpoint::LoadedModel loaded = checkpoint::load_model(directory, layout_of(directory.config), std::move(options));
  return {loaded.tensors.read_all(), std::move(loaded.names)};
}

}  // namespace rift::test
