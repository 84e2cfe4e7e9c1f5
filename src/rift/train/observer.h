#pragma once

#include <functional>

#include "rift/base/json.h"

namespace rift::train {

/// Sees every evaluation of a run as it is made, {"step", "epoch", "metric", "value", "figures"}, those that a resumed
/// run made before first; true stops the run there, as early stopping does. May throw, which ends the run.
using EvaluationObserver = std::function<bool(const Json& evaluation)>;

}  // namespace rift::train
