#include "rift/tuning/method.h"

namespace rift::tuning {

Selection select(const FullOptions&, models::TunableModel& model, uint64_t) {
  Selection selection{{}, head_parameters(model), "the whole model"};
  selection.encoder = model.stem().parameters;
  for (const models::Part& layer : model.layers()) {
    selection.encoder.insert(selection.encoder.end(), layer.parameters.begin(), layer.parameters.end());
  }
  return selection;
}

}  // namespace rift::tuning
