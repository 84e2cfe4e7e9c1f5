#pragma once

#include <filesystem>

#include "rift/base/json.h"

namespace rift {

/// parse_json() for files of others in which a whole number may lie beyond int64, as transformers writes a length that
/// nobody set (10^30): it becomes the nearest double instead of being refused.
Json parse_json_with_large_numbers(std::string_view text, std::string_view source, const JsonLimits& limits = {});
/// The same of a whole file, as read_json() reads it.
Json read_json_with_large_numbers(const std::filesystem::path& path, const JsonLimits& limits = {});

}  // namespace rift
