#include "rift/tuning/method.h"

namespace rift::tuning {

Selection select(const FullOptions&, models::TextClassifier& model, uint64_t) {
  Selection selection{{}, head_parameters(model), "the whole model"};
  selection.encoder = model.encoder().embeddings().parameters;
  for (const models::Part& layer : model.encoder().layers()) {
    selection.encoder.insert(selection.encoder.end(), layer.parameters.begin(), layer.parameters.end());
  }
  return selection;
}

}  // namespace rift::tuning
