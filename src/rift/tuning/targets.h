#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/models/tunable_model.h"
#include "rift/nn/linear.h"

namespace rift::tuning {

/// Throws kUnsupported naming `method` and the reason where the model takes no adapters.
void require_adaptable(const models::TunableModel& model, std::string_view method);

/// The linear maps that `targets` name by PEFT's rule, in order of use. Throws kConfig, naming what there is, for a
/// target that names none.
std::vector<nn::LinearMap*> targeted_maps(const std::vector<std::string>& targets, models::TunableModel& model);

}  // namespace rift::tuning
