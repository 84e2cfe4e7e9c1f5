#include "rift/data/csv_dialect.h"

#include <algorithm>
#include <fstream>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/utf8.h"
#include "rift/data/cells.h"
#include "rift/data/source_error.h"

namespace rift::data {

namespace {

/// Texts of one row may be long. The buffer is DuckDB's own for its 2 MB, so no more memory is needed.
constexpr std::string_view kLineSize = "max_line_size = 16000000, buffer_size = 32000000";

struct Sniffed {
  std::string delimiter;
  int64_t skipped_lines = 0;
  bool header = true;
  int64_t columns = 1;
  std::string line_end;
};

/// SQL of a line end that is not left to DuckDB; "" leaves it.
std::string line_end_argument(std::string_view line_end) {
  if (line_end.empty()) return "";
  return line_end == "\n" ? ", new_line = '\\n'" : ", new_line = '\\r\\n'";
}

std::optional<Sniffed> sniff(DuckSession& session, const std::string& file, bool forgiving, std::string_view line_end) {
  DuckSession::Rows rows;
  const auto failure = session.fetch(
      fmt::format(
          "SELECT Delimiter, SkipRows, HasHeader, len(Columns) FROM sniff_csv({}, quote = '\"', escape = '\"', {}{}{})",
          sql_file(file), kLineSize, forgiving ? ", ignore_errors = true" : "", line_end_argument(line_end)),
      rows);
  // That is no news about the file.
  if (failure && std::string_view(failure->message).starts_with("Out of Memory")) throw_source_error(file, *failure);
  if (failure || rows.size() != 1) return std::nullopt;
  const auto& row = rows.front();
  return Sniffed{.delimiter = row[0].value_or(","),
                 .skipped_lines = std::stoll(row[1].value_or("0")),
                 .header = row[2].value_or("true") == "true",
                 .columns = std::stoll(row[3].value_or("1")),
                 .line_end = std::string(line_end)};
}

std::string dialect_arguments(const std::string& delimiter, int64_t skip, std::string_view line_end) {
  return fmt::format("auto_detect = false, delim = {}, quote = '\"', escape = '\"', skip = {}, {}{}",
                     sql_text(delimiter), skip, kLineSize, line_end_argument(line_end));
}

/// The cells of the first line below the skipped ones; empty when there is none.
std::vector<std::string> first_line(DuckSession& session, const std::string& file, const Sniffed& sniffed) {
  std::string columns;
  for (int64_t i = 0; i < sniffed.columns; ++i) columns += fmt::format("{}'c{}': 'VARCHAR'", i > 0 ? ", " : "", i);
  DuckSession::Rows rows;
  const auto failure = session.fetch(
      fmt::format("SELECT * FROM read_csv({}, {}, header = false, columns = {{{}}}, ignore_errors = true, null_padding "
                  "= true, parallel = false) LIMIT 1",
                  sql_file(file), dialect_arguments(sniffed.delimiter, sniffed.skipped_lines, sniffed.line_end),
                  columns),
      rows);
  std::vector<std::string> cells;
  if (failure || rows.empty()) return cells;
  for (const auto& cell : rows.front()) cells.emplace_back(trim(cell.value_or("")));
  return cells;
}

int64_t known_among(const std::vector<std::string>& cells, std::span<const std::string> known_names) {
  return std::count_if(known_names.begin(), known_names.end(), [&](const std::string& name) {
    return std::find(cells.begin(), cells.end(), name) != cells.end();
  });
}

/// The cells of one line, quotes taken off.
std::vector<std::string> split_line(std::string_view line, char delimiter) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"')
        cells.back().push_back(line[++i]);
      else
        quoted = !quoted;
    } else if (line[i] == delimiter && !quoted) {
      cells.emplace_back();
    } else {
      cells.back().push_back(line[i]);
    }
  }
  return cells;
}

/// The first line as one text, with the lines below it that its quoted names reach into.
std::vector<std::string> whole_first_line(DuckSession& session, const std::string& file) {
  constexpr int64_t kMostLines = 100;
  DuckSession::Rows rows;
  // What cannot be read here, such as a line that is too long, is told with its number when it is.
  const auto failure = session.fetch(
      fmt::format("SELECT * FROM {} LIMIT {}", csv_lines_relation(file, "ignore_errors = true"), kMostLines), rows);
  if (failure || rows.empty()) return {};
  const std::string first(trim(rows[0][0].value_or("")));
  std::string line;
  for (const auto& row : rows) {
    line += (line.empty() ? "" : "\n") + row[0].value_or("");
    if (std::count(line.begin(), line.end(), '"') % 2 == 0) return {std::string(trim(line))};
  }
  return {first};
}

/// Four words or more, as of a table whose cells are separated by spaces.
bool is_spaced(std::string_view line) {
  int64_t words = 0;
  for (size_t i = 0; i < line.size(); ++i) words += line[i] != ' ' && (i == 0 || line[i - 1] == ' ') ? 1 : 0;
  return words > 3;
}

/// A byte order mark hides from DuckDB 1.5.5 that the first name is quoted: a delimiter in that name then parts it.
bool parts_a_quoted_name(const std::vector<std::string>& line, const Sniffed& sniffed) {
  if (line.empty() || !line[0].starts_with('"') || sniffed.skipped_lines > 0 || sniffed.delimiter.size() != 1)
    return false;
  const bool closed = std::count(line[0].begin(), line[0].end(), '"') % 2 == 0;
  return closed && static_cast<int64_t>(split_line(line[0], sniffed.delimiter[0]).size()) < sniffed.columns;
}

/// For a file that DuckDB's sniffer gives up on, such as one with a quotation mark that is never closed.
CsvDialect plainest_dialect(const std::vector<std::string>& whole, std::span<const std::string> known_names) {
  CsvDialect dialect;
  if (whole.empty()) return dialect;
  std::vector<std::string> best;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    auto cells = split_line(whole[0], delimiter);
    if (cells.size() <= best.size()) continue;
    dialect.delimiter = std::string(1, delimiter);
    best = std::move(cells);
  }
  if (known_names.empty() || known_among(best, known_names) > 0) {
    // The names are taken from here, so for DuckDB their line is one to be skipped.
    dialect.skipped_lines = 1;
    dialect.names = best;
  } else {
    dialect.named = false;
    for (size_t i = 0; i < best.size(); ++i) dialect.names.push_back(fmt::format("column{}", i));
  }
  dialect.header = false;
  return dialect;
}

void require_distinct(const std::string& file, const std::vector<std::string>& names) {
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  RIFT_REQUIRE(twice == sorted.end(), Code::kData, "{}: two columns are called '{}'; rename one in the file's header",
               file, shorten(*twice));
}

CsvDialect sniffed_dialect(DuckSession& session, const std::string& file, const std::vector<Sniffed>& candidates,
                           std::span<const std::string> known_names) {
  const Sniffed* best = nullptr;
  std::vector<std::string> cells;
  int64_t best_known = -1;
  for (const Sniffed& candidate : candidates) {
    auto line = first_line(session, file, candidate);
    const int64_t known = known_among(line, known_names);
    if (known > best_known || (known == best_known && candidate.columns > best->columns)) {
      best = &candidate;
      best_known = known;
      cells = std::move(line);
    }
  }
  CsvDialect dialect{.delimiter = best->delimiter,
                     .skipped_lines = best->skipped_lines,
                     .header = best->header || best_known > 0,
                     .names = {},
                     .named = best->header || best_known > 0,
                     .line_end = best->line_end};
  const bool blank = std::all_of(cells.begin(), cells.end(), [](const std::string& cell) { return cell.empty(); });
  if (blank) return dialect;
  for (size_t i = 0; i < cells.size(); ++i)
    dialect.names.push_back(dialect.header && !cells[i].empty() ? cells[i] : fmt::format("column{}", i));
  return dialect;
}

std::string first_bytes(const std::string& file) {
  std::string begin(size_t{1} << 16, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return begin;
}

/// Of the line that names the columns, which DuckDB passes over without a word when it cannot read it.
void require_utf8(const std::string& file) {
  if (file.ends_with(".gz")) return;
  const std::string begin = first_bytes(file);
  const bool is_utf16 = begin.starts_with("\xff\xfe") || begin.starts_with("\xfe\xff");
  const size_t end = begin.find('\n');
  RIFT_REQUIRE(!is_utf16 && (end == begin.npos || !first_invalid_utf8(std::string_view(begin).substr(0, end))),
               Code::kData,
               "{}: the file is not UTF-8; convert it, or name its encoding: sql: SELECT row_number() OVER () AS id, * "
               "FROM read_csv('...', encoding = '{}')",
               file, is_utf16 ? "utf-16" : "latin-1");
}

/// DuckDB 1.5.5 does not see the quote behind a byte order mark, and would take half of a name for a note.
void require_name_in_one_line(const std::string& file, const std::vector<std::string>& line) {
  if (line.empty() || !first_bytes(file).starts_with("\xef\xbb\xbf\"")) return;
  RIFT_REQUIRE(line[0].find('\n') >= line[0].find('"', 1), Code::kData,
               "{}: take the line break out of the first column's name, or the byte order mark off the file", file);
}

}  // namespace

CsvDialect find_csv_dialect(DuckSession& session, const std::string& file, std::span<const std::string> known_names) {
  require_utf8(file);
  std::vector<Sniffed> candidates;
  // DuckDB 1.5.5 takes the first line break for the end of all lines, a quoted one in a name too.
  for (const std::string_view line_end : {"", "\r\n", "\n"}) {
    for (const bool forgiving : {false, true}) {
      if (auto found = sniff(session, file, forgiving, line_end)) candidates.push_back(std::move(*found));
    }
    if (!candidates.empty()) break;
  }
  const auto line = whole_first_line(session, file);
  require_name_in_one_line(file, line);
  CsvDialect dialect = plainest_dialect(line, known_names);
  if (!candidates.empty() && !parts_a_quoted_name(line, candidates.back())) {
    CsvDialect sniffed = sniffed_dialect(session, file, candidates, known_names);
    // An open quote in its sample makes the sniffer take the file for one of a single column.
    if (known_among(sniffed.names, known_names) >= known_among(dialect.names, known_names))
      dialect = std::move(sniffed);
  }
  RIFT_REQUIRE(!dialect.names.empty(), Code::kData,
               "{}: the file is empty, or no CSV whose first line names columns separated by , ; | or tabs", file);
  require_distinct(file, dialect.names);
  dialect.spaced = dialect.names.size() == 1 && line.size() == 1 && is_spaced(line[0]);
  return dialect;
}

std::string csv_lines_relation(const std::string& file, std::string_view more) {
  return fmt::format(
      "read_csv({}, auto_detect = false, delim = '\x01', quote = '', escape = '', header = false, columns = {{'line': "
      "'VARCHAR'}}, strict_mode = false, {}, {})",
      sql_file(file), kLineSize, more);
}

std::string csv_relation(std::span<const std::string> files, const CsvDialect& dialect, const CsvReading& reading) {
  // Of DuckDB 1.5.5's ways past a broken line only store_rejects keeps every good row: ignore_errors alone drops whole
  // stretches of them when texts hold line breaks, and parallel = false ends without a word at an open quote.
  std::string columns;
  for (size_t i = 0; i < dialect.names.size(); ++i) columns += fmt::format("{}'c{}': 'VARCHAR'", i > 0 ? ", " : "", i);
  return fmt::format("read_csv({}, {}, header = {}, columns = {{{}}}{})", sql_files(files),
                     dialect_arguments(dialect.delimiter, dialect.skipped_lines, dialect.line_end), dialect.header,
                     columns, reading.pass_over_broken ? ", store_rejects = true" : "");
}

}  // namespace rift::data
