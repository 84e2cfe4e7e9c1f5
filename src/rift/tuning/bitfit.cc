#include "rift/tuning/method.h"

namespace rift::tuning {

Selection select(const BitFitOptions&, models::TunableModel& model, uint64_t) {
  Selection selection{{}, head_parameters(model), "bias terms and the head"};
  const auto add_biases = [&](const models::Part& part) {
    for (const std::string& name : part.parameters) {
      if (name.ends_with(".bias")) selection.encoder.push_back(name);
    }
  };
  add_biases(model.stem());
  for (const models::Part& layer : model.layers()) add_biases(layer);
  return selection;
}

}  // namespace rift::tuning
