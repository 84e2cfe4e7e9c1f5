#include "rift/base/error.h"

#include <algorithm>
#include <cctype>
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
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// In alphabetical order. All but letters and digits of ASCII parts them; other alphabets are letters.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    const bool ends = at == text.size() || (static_cast<unsigned char>(text[at]) < 0x80 && !std::isalnum(text[at]));
    if (!ends) continue;
    if (at > begin) words.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  std::ranges::sort(words);
  return words;
}

}  // namespace

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

size_t name_gap(std::string_view name, std::string_view candidate) {
  constexpr size_t kStep = size_t{1} << 20;  // longer than any name
  constexpr size_t kShortestPiece = 4;
  const std::string low = lower(name);
  const std::string low_candidate = lower(candidate);
  const size_t distance = edit_distance(low, low_candidate);
  if (distance <= name.size() / 4) return distance;
  const size_t longer = std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size());
  const auto words = words_of(low);
  const auto other = words_of(low_candidate);
  if (!words.empty() && !other.empty() && (std::ranges::includes(other, words) || std::ranges::includes(words, other)))
    return kStep + longer;
  if (std::min(name.size(), candidate.size()) >= kShortestPiece &&
      (low_candidate.find(low) != low.npos || low.find(low_candidate) != low.npos))
    return 2 * kStep + longer;
  return distance <= name.size() / 2 ? 3 * kStep + distance : kNoGap;
}

}  // namespace rift
