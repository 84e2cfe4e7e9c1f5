#include "rift/models/new_parameters.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/nn/initial_values.h"

namespace rift::models {

void fill_new_parameters(nn::ParameterStore& store, const std::vector<std::string>& names,
                         const std::vector<const nn::Parameter*>& beside_encoder, const NewParameterOptions& options) {
  for (const std::string& name : names) {
    RIFT_REQUIRE(std::ranges::find(beside_encoder, name, &nn::Parameter::name) != beside_encoder.end(), Code::kArtefact,
                 "tensor '{}' is missing from the pretrained weights; is this the right config.json?", shorten(name));
    const nn::Parameter& parameter = store.at(name);
    if (name.ends_with(".bias")) {
      nn::fill_zero(store, parameter);
    } else if (parameter.shape.size() == 1) {  // a norm's weight
      nn::fill_one(store, parameter);
    } else {
      nn::fill_normal(store, parameter, options.standard_deviation, options.seed);
    }
  }
}

}  // namespace rift::models
