#pragma once

#include <string>

namespace rift::data {

/// Reads `file` once and throws kData, naming it, unless it is whole gzip: every member (there may be several, one
/// after another) inflates to its own CRC-32 and length, RFC 1952, and nothing follows the last. DuckDB 1.5.5
/// looks at neither and takes the end of a cut file for the end of its rows. A file that cannot be opened is left to
/// the reader.
void require_whole_gzip(const std::string& file);

}  // namespace rift::data
