#include "rift/cli/output.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "rift/base/error.h"
#include "rift/base/utf8.h"

namespace rift::cli {

void print_result(std::string_view text) {
  const bool ends = text.empty() || text.back() == '\n';
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                       (ends || std::fputc('\n', stdout) != EOF) && std::fflush(stdout) == 0;
  // A reader that has seen enough (head, less) is no fault.
  RIFT_REQUIRE(written || errno == EPIPE, Code::kEnvironment, "standard output: {}", std::strerror(errno));
}

void print_json(const Json& json) { print_result(to_json_text(json, 2)); }

std::string padded(std::string text, size_t columns) {
  const size_t taken = display_columns(text);
  if (taken < columns) text.append(columns - taken, ' ');
  return text;
}

std::string columns_text(std::vector<std::vector<std::string>> lines) {
  for (auto& line : lines) {
    for (std::string& cell : line) cell = one_line(cell);
  }
  std::vector<size_t> widths;
  for (const auto& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], display_columns(line[i]));
  }
  std::string text;
  for (const auto& line : lines) {
    for (size_t i = 0; i + 1 < line.size(); ++i) text += padded(line[i], widths[i] + 2);
    text += line.back() + "\n";
  }
  return text;
}

}  // namespace rift::cli
