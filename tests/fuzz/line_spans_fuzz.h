#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rift/base/error.h"
#include "rift/data/line_spans.h"

namespace rift::fuzz {

inline data::LineSpans spans_of(std::string_view lines, const data::LineRules& rules,
                                std::span<const int64_t> numbers) {
  const data::NextLine next = [&lines]() -> std::optional<std::string_view> {
    if (lines.empty()) return std::nullopt;
    const size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    return line;
  };
  return data::find_line_spans(next, rules, numbers);
}

/// Cuts the bytes behind the first, which says by what rules, into records: their spans follow one another from the
/// first line to the last without a gap, and every other record asked for alone stands where it stood among all.
inline void read_line_spans(std::string_view bytes) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) RIFT_FAIL(Code::kBug, "line spans: {}", what);
  };
  const unsigned rule = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(bytes.empty() ? 0 : 1);
  const data::LineRules rules{
      .delimiter = ",;\t|"[rule & 3], .lines_before_rows = (rule >> 2) & 3, .blank_is_row = (rule & 16) != 0};
  const auto breaks = std::count(bytes.begin(), bytes.end(), '\n');
  const int64_t lines = breaks + (bytes.empty() || bytes.back() == '\n' ? 0 : 1);
  std::vector<int64_t> numbers(static_cast<size_t>(lines) + 2);
  std::iota(numbers.begin(), numbers.end(), 1);
  const data::LineSpans all = spans_of(bytes, rules, numbers);
  require(all.of_numbers.size() <= static_cast<size_t>(lines) && all.records <= lines, "more records than lines");
  int64_t last_line = 0;
  int64_t blank = 0;
  for (const data::LineSpan& span : all.of_numbers) {
    require(span.first_line == last_line + 1 && span.last_line >= span.first_line, "a gap or an overlap");
    require(span.rows >= 0 && span.rows <= span.last_line - last_line, "rows");
    require(span.blank_before >= blank && span.blank_before < span.first_line, "blank lines");
    require(!span.quote_open || &span == &all.of_numbers.back(), "an open quote before the end");
    last_line = span.last_line;
    blank = span.blank_before;
  }
  require(last_line == lines, "lines behind the last record");
  std::vector<int64_t> some;
  for (size_t i = 1; i < all.of_numbers.size(); i += 2) some.push_back(numbers[i]);
  const data::LineSpans again = spans_of(bytes, rules, some);
  require(again.of_numbers.size() == some.size() && again.records == all.records, "another count");
  for (size_t i = 0; i < some.size(); ++i)
    require(again.of_numbers[i].first_line == all.of_numbers[2 * i + 1].first_line, "another place");
}

}  // namespace rift::fuzz
