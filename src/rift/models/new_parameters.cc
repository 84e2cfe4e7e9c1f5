#include "rift/models/new_parameters.h"

#include <algorithm>

#include "rift/base/error.h"

namespace rift::models {

void fill_new_parameters(nn::ParameterStore& store, const std::vector<std::string>& names,
                         const std::vector<const nn::Parameter*>& beside_encoder, const NewParameterOptions& options) {
  for (const std::string& name : names) {
    RIFT_REQUIRE(std::ranges::find(beside_encoder, name, &nn::Parameter::name) != beside_encoder.end(), Code::kArtefact,
                 "tensor '{}' is missing from the pretrained weights; is this the right config.json?", shorten(name));
    fill_start_values(store, store.at(name), options.values, options.seed);
  }
}

}  // namespace rift::models
