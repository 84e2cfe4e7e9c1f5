#pragma once

#include <string>
#include <vector>

#include "rift/models/tunable_model.h"

namespace rift::tuning {

/// Weights and biases of the encoder's norms (LayerNorm, RMSNorm, BatchNorm), from the bottom up.
std::vector<std::string> norm_parameters(const models::TunableModel& model);

}  // namespace rift::tuning
