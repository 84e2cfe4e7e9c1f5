#pragma once

#include <optional>

#include "rift/checkpoint/peft_directory.h"
#include "rift/models/tunable_model.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

/// What a method trained, with the pooler (where the pooling uses it) and head that were trained beside it, in PEFT's
/// form: checkpoint::write_peft_directory makes of it a directory that PEFT loads onto the base model. With the
/// architecture's own pooling that gives AutoModelForSequenceClassification our logits, with another one AutoModel our
/// token states. `options` are those that the model was tuned with; the caller sets config.base_model. Of PiSSA the
/// difference to its start, of twice the rank, since the base model is the pretrained one.
/// Throws kUnsupported when the model has no such adapter (merged already, or another method), and
/// for norms beside running statistics that move, which PEFT's form does not hold.
checkpoint::PeftAdapter adapter_of(const models::TunableModel& model, const LoraOptions& options);
checkpoint::PeftAdapter adapter_of(const models::TunableModel& model, const Ia3Options& options);
checkpoint::PeftAdapter adapter_of(const models::TunableModel& model, const NormOptions& options);
checkpoint::PeftAdapter adapter_of(const models::TunableModel& model, const PromptOptions& options);
checkpoint::PeftAdapter adapter_of(const models::TunableModel& model, const PrefixOptions& options);

/// The same by the method; nullopt for one that PEFT has no form for (full, head, top_k, gradual, bitfit,
/// bottleneck).
std::optional<checkpoint::PeftAdapter> adapter_of(const models::TunableModel& model, const TuningOptions& options);
/// Whether adapter_of() has something to say.
bool has_peft_form(const TuningOptions& options);

}  // namespace rift::tuning
