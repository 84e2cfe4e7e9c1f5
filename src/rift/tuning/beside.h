#pragma once

#include "rift/models/tunable_model.h"
#include "rift/tensor/tensor_map.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

/// What stands beside a model's weights and cannot be merged into them, by the names of its parameters, as f32 copies
/// on the CPU. Empty where nothing does.
tensor::TensorMap tensors_beside(const models::TunableModel& model);

/// Lays it beside another model of the same architecture, for scoring: nothing of it trains. `options`: those that it
/// was tuned with. Throws kArtefact where the tensors are not those that the options make.
void lay_beside(const TuningOptions& options, models::TunableModel& model, const tensor::TensorMap& tensors);

}  // namespace rift::tuning
