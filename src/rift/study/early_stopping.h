#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/study/parts.h"
#include "rift/study/run/options.h"

/// A fine-tuning stops early by its validation rows; a split may have none.
namespace rift::study {

/// Before any work of a run that fine-tunes. Throws kConfig when run.yaml sets train.early_stopping to something that
/// the split gives no rows for; warns in the log when that is only the default.
void check_early_stopping(const RunOptions& options, const std::vector<Parts>& parts);

/// The key that somebody set and that changes nothing where nothing is held out to go by; empty = none.
std::string_view idle_key(const train::EarlyStoppingOptions& options);

/// The sentence of a report about a fine-tuning without validation rows; empty when it had some. `summary`: of
/// train::FineTuned.
std::string no_early_stopping_note(std::string_view model, const Json& summary);

}  // namespace rift::study
