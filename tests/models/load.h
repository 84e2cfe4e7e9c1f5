#pragma once

#include "rift/checkpoint/load_model.h"
#include "rift/models/architecture.h"

namespace rift::test {

inline checkpoint::ModelLayout layout_of(const Json& config) {
  return models::describe_text_model(config, "config.json").layout;
}

/// The weights of a model directory under canonical names.
inline checkpoint::LoadedModel load_weights(const checkpoint::HfDirectory& directory,
                                            checkpoint::NameMapOptions options = {}) {
  return checkpoint::load_model(directory, layout_of(directory.config), std::move(options));
}

}  // namespace rift::test
