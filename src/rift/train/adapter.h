#pragma once

#include <optional>
#include <string>

#include "rift/checkpoint/peft_directory.h"
#include "rift/models/text_classifier.h"
#include "rift/tuning/tuning.h"

namespace rift::train {

/// Takes the adapters out of `model`: their updates are merged into its weights, and what PEFT keeps of them (with the
/// modules that trained whole) is returned. nullopt when the model has none.
std::optional<checkpoint::PeftAdapter> merge_adapters(models::TextClassifier& model,
                                                      const tuning::TuningOptions& options,
                                                      const tuning::Applied& applied, const std::string& base_model);

}  // namespace rift::train
