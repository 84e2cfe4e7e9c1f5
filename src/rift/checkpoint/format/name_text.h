#pragma once

#include <string>
#include <string_view>

namespace rift::checkpoint::format {

bool is_printable_ascii(std::string_view text);

/// A name from a file, fit for a message whatever bytes the file put there: shortened, one '?' for each byte that is
/// not printable ASCII.
std::string shown_name(std::string_view name);

}  // namespace rift::checkpoint::format
