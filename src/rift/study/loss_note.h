#pragma once

#include <string>
#include <string_view>

#include "rift/base/json.h"

namespace rift::study {

/// The sentence of a report about a fine-tuning whose loss does not learn probabilities (focal, pos_weight, ...): its
/// score is an order of the rows. Empty for others. `summary`: of train::FineTuned.
std::string loss_note(std::string_view model, const Json& summary);

}  // namespace rift::study
