#include "rift/cli/output.h"

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

}  // namespace rift::cli
