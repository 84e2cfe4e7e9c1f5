#pragma once

#include "rift/checkpoint/peft_directory.h"
#include "rift/models/tunable_model.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

/// The model's LoRA adapters with the pooler (where the pooling uses it) and head that were trained beside them, in
/// PEFT's form: checkpoint::write_peft_directory makes of it a directory that PEFT loads onto the base model. With
/// the architecture's own pooling that gives AutoModelForSequenceClassification our logits, with another one AutoModel
/// our token states. `options` are those that the adapters were made with; the caller sets config.base_model.
/// Throws kUnsupported when the model has no LoRA adapter (merged already, or another method).
checkpoint::PeftAdapter adapter_of(const models::TunableModel& model, const LoraOptions& options);

}  // namespace rift::tuning
