#include "rift/data/csv_dialect.h"

#include <algorithm>
#include <optional>

#include "rift/base/error.h"
#include "rift/data/cells.h"
#include "rift/data/source_error.h"

namespace rift::data {

namespace {

struct Sniffed {
  std::string delimiter;
  int64_t skipped_lines = 0;
  bool header = true;
  int64_t columns = 1;
};

std::optional<Sniffed> sniff(DuckSession& session, const std::string& file, bool forgiving) {
  DuckSession::Rows rows;
  const auto failure = session.fetch(
      fmt::format(
          "SELECT Delimiter, SkipRows, HasHeader, len(Columns) FROM sniff_csv({}, quote = '\"', escape = '\"'{})",
          sql_text(file), forgiving ? ", ignore_errors = true" : ""),
      rows);
  if (failure || rows.size() != 1) return std::nullopt;
  const auto& row = rows.front();
  return Sniffed{.delimiter = row[0].value_or(","),
                 .skipped_lines = std::stoll(row[1].value_or("0")),
                 .header = row[2].value_or("true") == "true",
                 .columns = std::stoll(row[3].value_or("1"))};
}

std::string dialect_arguments(const std::string& delimiter, int64_t skip) {
  return fmt::format("auto_detect = false, delim = {}, quote = '\"', escape = '\"', skip = {}", sql_text(delimiter),
                     skip);
}

/// The cells of the first line below the skipped ones; empty when there is none.
std::vector<std::string> first_line(DuckSession& session, const std::string& file, const Sniffed& sniffed) {
  std::string columns;
  for (int64_t i = 0; i < sniffed.columns; ++i) columns += fmt::format("{}'c{}': 'VARCHAR'", i > 0 ? ", " : "", i);
  DuckSession::Rows rows;
  const auto failure = session.fetch(
      fmt::format("SELECT * FROM read_csv({}, {}, header = false, columns = {{{}}}, ignore_errors = true, null_padding "
                  "= true) LIMIT 1",
                  sql_text(file), dialect_arguments(sniffed.delimiter, sniffed.skipped_lines), columns),
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

/// For a file that DuckDB's sniffer gives up on, such as one with a quotation mark that is never closed.
Sniffed plainest_guess(DuckSession& session, const std::string& file, std::span<const std::string> known_names) {
  Sniffed best{.delimiter = ",", .skipped_lines = 0, .header = true, .columns = 1};
  const auto whole =
      first_line(session, file, {.delimiter = "\x01", .skipped_lines = 0, .header = false, .columns = 1});
  if (whole.empty()) return best;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const auto columns = std::count(whole[0].begin(), whole[0].end(), delimiter) + 1;
    if (columns <= best.columns) continue;
    best.delimiter = std::string(1, delimiter);
    best.columns = columns;
  }
  best.header = known_names.empty() || known_among(first_line(session, file, best), known_names) > 0;
  return best;
}

void require_distinct(const std::string& file, const std::vector<std::string>& names) {
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  RIFT_REQUIRE(twice == sorted.end(), Code::kData, "{}: two columns are called '{}'; rename one in the file's header",
               file, shorten(*twice));
}

}  // namespace

CsvDialect find_csv_dialect(DuckSession& session, const std::string& file, std::span<const std::string> known_names) {
  std::vector<Sniffed> candidates;
  for (const bool forgiving : {false, true}) {
    if (auto found = sniff(session, file, forgiving)) candidates.push_back(std::move(*found));
  }
  if (candidates.empty()) candidates.push_back(plainest_guess(session, file, known_names));
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
                     .names = {}};
  const bool blank = std::all_of(cells.begin(), cells.end(), [](const std::string& cell) { return cell.empty(); });
  RIFT_REQUIRE(!blank, Code::kData, "{}: the file is empty", file);
  for (size_t i = 0; i < cells.size(); ++i)
    dialect.names.push_back(dialect.header && !cells[i].empty() ? cells[i] : fmt::format("column{}", i));
  require_distinct(file, dialect.names);
  return dialect;
}

std::string csv_relation(std::span<const std::string> files, const CsvDialect& dialect, const CsvReading& reading) {
  // Of DuckDB 1.5.5's ways past a broken line only store_rejects keeps every good row: ignore_errors alone drops whole
  // stretches of them when texts hold line breaks, and parallel = false ends without a word at an open quote.
  std::string list;
  for (const auto& file : files) list += (list.empty() ? "" : ", ") + sql_text(file);
  std::string columns;
  for (size_t i = 0; i < dialect.names.size(); ++i) columns += fmt::format("{}'c{}': 'VARCHAR'", i > 0 ? ", " : "", i);
  return fmt::format("read_csv([{}], {}, header = {}, columns = {{{}}}{})", list,
                     dialect_arguments(dialect.delimiter, dialect.skipped_lines), dialect.header, columns,
                     reading.pass_over_broken ? ", store_rejects = true" : "");
}

}  // namespace rift::data
