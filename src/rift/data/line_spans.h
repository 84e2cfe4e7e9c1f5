#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace rift::data {

/// Where a record of a CSV file stands in it, lines counted as an editor counts them.
struct LineSpan {
  int64_t first_line = 0;    // 1-based
  int64_t last_line = 0;     // more than first_line when a quoted cell holds line breaks
  int64_t rows = 1;          // lines of the span that are not blank
  int64_t blank_before = 0;  // blank lines above it and below the header, which are no rows
  bool quote_open = false;   // the file ends within its quotes
};

struct LineSpans {
  std::vector<LineSpan> of_numbers;
  int64_t records = 0;  // of the whole file, below the header and without blank lines
};

struct LineRules {
  char delimiter = ',';
  int64_t lines_before_rows = 1;  // header and notes above it
  bool blank_is_row = false;      // in files of one column
};

/// The next line of a file without its line break; nullopt at the end.
using NextLine = std::function<std::optional<std::string_view>()>;

/// Cuts lines into records as DuckDB's reader does: quotes are ", text behind a closing quote breaks a record off at
/// its line's end. Tells where those stand that have these numbers (1-based, ascending; a quoted line break is not
/// counted, a blank line is): as many spans as numbers, fewer when the file ends before.
LineSpans find_line_spans(const NextLine& next, const LineRules& rules, std::span<const int64_t> numbers);

}  // namespace rift::data
