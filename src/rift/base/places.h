#pragma once

#include <filesystem>

namespace rift {

/// Whether a file, and nothing of another kind, is there, links followed. Throws as is_there() does.
bool is_file_there(const std::filesystem::path& path);

/// The folder that a file or directory is to go into is made where it is missing. Throws kEnvironment where it cannot
/// be made or written to; called before long work starts.
void require_place_for(const std::filesystem::path& result);

}  // namespace rift
