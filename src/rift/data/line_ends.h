#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rift::data {

/// The number of the first line, from 1, that does not end as line 1 does (LF, CR LF or CR), line breaks within quotes
/// passed over as part of a text but counted; nullopt when all end alike or the file cannot be opened.
std::optional<int64_t> find_odd_line_end(const std::string& file);

}  // namespace rift::data
