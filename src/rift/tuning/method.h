#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rift/models/tunable_model.h"
#include "rift/tuning/options.h"

namespace rift::tuning {

/// What a method wants to move, before `freeze` takes its part away.
struct Selection {
  std::vector<std::string> encoder;  // parameters that take the encoder's learning rate, adapters included
  std::vector<std::string> head;     // parameters of head and pooler
  std::string what;                  // "the top 2 layers and the head"
  std::vector<std::pair<std::string, double>> rates = {};  // see Applied
  std::vector<std::vector<std::string>> stages = {};       // see Applied
};

/// One per method, each in the file of its name; tuning.cc calls the one that the options name. `seed` is that of new
/// parameters.
Selection select(const FullOptions& options, models::TunableModel& model, uint64_t seed);
Selection select(const HeadOptions& options, models::TunableModel& model, uint64_t seed);
Selection select(const TopKOptions& options, models::TunableModel& model, uint64_t seed);
Selection select(const GradualOptions& options, models::TunableModel& model, uint64_t seed);
Selection select(const BitFitOptions& options, models::TunableModel& model, uint64_t seed);
Selection select(const NormOptions& options, models::TunableModel& model, uint64_t seed);
Selection select(const LoraOptions& options, models::TunableModel& model, uint64_t seed);
Selection select(const Ia3Options& options, models::TunableModel& model, uint64_t seed);
Selection select(const BottleneckOptions& options, models::TunableModel& model, uint64_t seed);
Selection select(const PromptOptions& options, models::TunableModel& model, uint64_t seed);
Selection select(const PrefixOptions& options, models::TunableModel& model, uint64_t seed);

/// Parameters of the pooler (where the pooling uses it) and of the head.
std::vector<std::string> head_parameters(const models::TunableModel& model);

}  // namespace rift::tuning
