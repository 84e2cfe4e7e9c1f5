#pragma once

#include "rift/checkpoint/peft_directory.h"
#include "rift/models/text_classifier.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

/// The model's LoRA adapters with the pooler (where the pooling uses it) and head that were trained beside them, in
/// PEFT's form: checkpoint::write_peft_directory makes of it a directory that PEFT loads onto the base model. With
/// pooling "pooler" that gives AutoModelForSequenceClassification our logits, with another one AutoModel our token
/// states. `options` are those that the adapters were made with; the caller sets config.base_model.
/// Throws kUnsupported when the model has no LoRA adapter (merged already, or another method).
checkpoint::PeftAdapter adapter_of(const models::TextClassifier& model, const LoraOptions& options);

/// Puts an adapter on a model that has none: LoRA pairs on their linear maps, saved modules (classifier, pooler) over
/// the model's own. Seals the store; everything is left trainable as it was, the pairs not trainable.
/// Throws kArtefact naming the module or tensor that the model lacks or has in another shape.
void load_adapter(const checkpoint::PeftAdapter& adapter, models::TextClassifier& model);

}  // namespace rift::tuning
