#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rift/models/start_values.h"
#include "rift/nn/parameters.h"

namespace rift::models {

struct NewParameterOptions {
  StartValues values;
  uint64_t seed = 1;
};

/// Fills what the pretrained weights lack, by fill_start_values(). Throws kArtefact for a name that is none of
/// `beside_encoder`: an encoder is never made up.
void fill_new_parameters(nn::ParameterStore& store, const std::vector<std::string>& names,
                         const std::vector<const nn::Parameter*>& beside_encoder, const NewParameterOptions& options);

}  // namespace rift::models
