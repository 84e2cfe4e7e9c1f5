#include "rift/tuning/beside.h"

#include "rift/base/error.h"
#include "rift/tuning/tuning.h"

namespace rift::tuning {

tensor::TensorMap tensors_beside(const models::TunableModel& model) {
  tensor::TensorMap tensors;
  for (const nn::Parameter* parameter : model.additions().parameters()) {
    tensors.emplace(parameter->name, parameter->view.detach().to(at::kCPU, at::kFloat, false, /*copy=*/true));
  }
  return tensors;
}

void lay_beside(const TuningOptions& options, models::TunableModel& model, const tensor::TensorMap& tensors) {
  RIFT_CHECK(!options.merges());
  nn::ParameterStore& store = model.parameters();
  apply({.method = options.method}, model, /*seed=*/1);
  for (const nn::Parameter* parameter : model.additions().parameters()) {
    RIFT_REQUIRE(tensors.contains(parameter->name), Code::kArtefact, "the adapter lacks '{}'; it is not complete",
                 parameter->name);
  }
  RIFT_REQUIRE(tensors.size() == model.additions().parameters().size(), Code::kArtefact,
               "the adapter holds {} tensors, its settings make {}", tensors.size(),
               model.additions().parameters().size());
  store.copy_from(tensors);
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.trainable) store.set_trainable(parameter, false);
  }
}

}  // namespace rift::tuning
