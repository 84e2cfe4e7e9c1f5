#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rift/models/tunable_model.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

/// What a method made of a model.
struct Applied {
  std::vector<std::string> encoder;  // trainable parameters that take the encoder's learning rate
  std::vector<std::string> head;     // trainable parameters of head and pooler (and new adapters' none): head_lr
  std::string description;           // "LoRA r=8 on query, value: 73,728 of 22,787,201 parameters move"
  /// What the encoder's learning rate is multiplied with for some of them: LoRA+'s B.
  std::vector<std::pair<std::string, double>> rates = {};
  /// Of a method in stages: parameters that begin to train with the second stage, the third, ...; they rest until then
  /// (nn::Parameter::resting). Empty where all train from the beginning.
  std::vector<std::vector<std::string>> stages = {};
};

/// Sets which parameters train, adds adapters where the method asks, and seals the store. Every parameter that
/// `freeze` names by a part of its name stays. Throws kConfig when a target or a freeze pattern matches nothing (naming
/// what there is), when nothing is left to train, when top_k asks for more layers than the model has, or bitfit of an
/// encoder without bias terms; kUnsupported where a model carries no adapters.
Applied apply(const TuningOptions& options, models::TunableModel& model, uint64_t seed);

/// Folds every adapter into its linear map, for scoring: one product less per map, the same logits within 1e-5. The
/// adapters' parameters stay in the store, without use. Throws kUnsupported where something stands beside the maps
/// (bottleneck, prompt, prefix), which no weight can take up.
void merge(models::TunableModel& model);

}  // namespace rift::tuning
