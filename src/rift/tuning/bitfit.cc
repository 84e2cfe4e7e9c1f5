#include "rift/base/error.h"
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
  RIFT_REQUIRE(
      !selection.encoder.empty(), Code::kConfig,
      "tuning.method: bitfit: the encoder of this model has no bias terms, so that the head alone would train; "
      "set lora to adapt its linear maps, or head to train the head alone");
  return selection;
}

}  // namespace rift::tuning
