#include "rift/base/error.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace rift {

const CodeInfo& code_info(Code code) {
  static constexpr CodeInfo kTable[] = {
      {"bug", 1, 500},      {"configuration", 2, 400}, {"unsupported", 2, 501}, {"data", 3, 422},
      {"artefact", 4, 424}, {"gate", 5, 409},          {"environment", 6, 503}, {"interrupted", 130, 503},
  };
  return kTable[static_cast<size_t>(code)];
}

namespace detail {

void throw_error(Code code, const char* file, int line, std::string message) {
  throw Error(code, std::move(message), fmt::format("{}:{}", file, line));
}

void throw_bug(const char* file, int line, const char* condition) {
  throw Error(Code::kBug,
              fmt::format("a promise of rift's own code does not hold ({}); please report this with the command line",
                          condition),
              fmt::format("{}:{}", file, line));
}

}  // namespace detail

std::string shorten(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // never cut inside a character
  return std::string(text.substr(0, end)) + "...";
}

// Insertions, deletions, substitutions and swaps of neighbours, one each (optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> two_above, above, row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    two_above = std::move(above);
    above = row;
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = above[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitute});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace rift
