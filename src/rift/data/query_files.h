#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rift::data {

/// The texts between single quotes in a query, '' read as ', comments and quoted names passed over.
std::vector<std::string> text_literals(std::string_view query);

/// DuckDB 1.5.5 looks for a relative file in the working directory first, whatever its search path. Throws kConfig for
/// a name in `query` that is a file there and not the one in `folder`, which the query means.
void require_files_in(const std::filesystem::path& folder, std::string_view query);

}  // namespace rift::data
