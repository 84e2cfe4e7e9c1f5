#include "rift/data/query_files.h"

#include <system_error>

#include "rift/base/error.h"

namespace rift::data {

namespace fs = std::filesystem;

std::vector<std::string> text_literals(std::string_view query) {
  std::vector<std::string> literals;
  size_t at = 0;
  const auto skip_behind = [&](std::string_view end) {
    const size_t found = query.find(end, at);
    at = found == query.npos ? query.size() : found + end.size();
  };
  while (at < query.size()) {
    const std::string_view rest = query.substr(at);
    if (rest.starts_with("--")) {
      skip_behind("\n");
    } else if (rest.starts_with("/*")) {
      skip_behind("*/");
    } else if (rest.front() == '"') {
      ++at;
      skip_behind("\"");
    } else if (rest.front() == '\'') {
      std::string literal;
      for (++at; at < query.size(); ++at) {
        if (query[at] == '\'' && !query.substr(at + 1).starts_with('\'')) break;
        if (query[at] == '\'') ++at;
        literal.push_back(query[at]);
      }
      literals.push_back(std::move(literal));
      ++at;
    } else {
      ++at;
    }
  }
  return literals;
}

void require_files_in(const fs::path& folder, std::string_view query) {
  if (folder.empty()) return;
  std::error_code ignored;
  for (const std::string& name : text_literals(query)) {
    // Other literals are values, such as a purpose.
    const bool like_a_file = name.find_first_of("./") != name.npos && name.size() < 4096;
    if (!like_a_file || fs::path(name).is_absolute() || !fs::is_regular_file(name, ignored)) continue;
    const fs::path meant = folder / name;
    RIFT_REQUIRE(fs::equivalent(name, meant, ignored), Code::kConfig,
                 "data.source: '{}' is also a file of the working directory, which the query would read instead of {}; "
                 "write the whole path in the query, or run the command in {}",
                 shorten(name), meant.string(), folder.string());
  }
}

}  // namespace rift::data
