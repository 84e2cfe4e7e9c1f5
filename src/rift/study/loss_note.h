#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

namespace rift::study {

/// Sentences of a report about what a fine-tuning learned by. `summary`: of train::FineTuned.
///   of a loss that does not learn probabilities (focal, pos_weight, ...): its score is an order of the rows
///   of a sample of the training rows: what was left out and set right afterwards
std::vector<std::string> loss_notes(std::string_view model, const Json& summary);

}  // namespace rift::study
