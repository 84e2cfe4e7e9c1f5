#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "rift/models/tunable_model.h"
#include "rift/tuning/options.h"

namespace rift::package {

/// Of a package: the adapter that was tuned, in PEFT's form where it has one.
inline constexpr const char* kAdapterFolder = "adapter";
/// In that folder, where the adapter is not in the package's weights but beside them: the method's settings and the
/// tensors by their names in the model.
inline constexpr const char* kBesideOptions = "tuning.json";
inline constexpr const char* kBesideTensors = "beside.safetensors";

void write_beside(const std::filesystem::path& package, const tuning::TuningOptions& options,
                  const models::TunableModel& model);
/// Lays it beside the model that the package's weights make; nullopt where the package has nothing of the kind. Throws
/// kArtefact.
std::optional<tuning::TuningOptions> read_beside(const std::filesystem::path& package, models::TunableModel& model);

/// Throws kUnsupported, naming the method, where a directory's weights are not the whole model: what would go on with
/// them alone would leave out what was tuned.
void require_whole(const std::filesystem::path& directory);

}  // namespace rift::package
