#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "rift/package/text_model.h"
#include "rift/tuning/options.h"

/// A fine-tuning that starts from an adapter in PEFT's form.
namespace rift::train {

/// Whether the directory is one, and no package or model.
bool is_adapter(const std::filesystem::path& directory);

struct AdapterStart {
  std::set<std::string> held;  // parameters of head and pooler that have the adapter's values
  std::string digests;         // SHA-256 of the adapter's files
};

/// Gives the tuned model the adapter's values; see tuning::start_from(), which says what is refused, and
/// checkpoint::read_peft_directory().
AdapterStart start_from_adapter(const std::filesystem::path& directory, const tuning::TuningOptions& options,
                                package::TextModel& text);

}  // namespace rift::train
