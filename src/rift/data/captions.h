#pragma once

#include <filesystem>

#include "rift/data/schema.h"

namespace rift::data {

/// Readable names from a file such as
///   columns: {A1: {caption: Checking account, unit: months, values: {A11: overdrawn}}}
/// Throws kArtefact (no such file), kConfig (not of this shape, or a column that the schema lacks, with the nearest).
void apply_captions(const std::filesystem::path& file, Schema& schema);

}  // namespace rift::data
