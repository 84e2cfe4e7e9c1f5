#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/data/duckdb_session.h"

namespace rift::data {

/// How a CSV file is written, found by DuckDB's sniffer; quotes are always ". Every cell is read as text, so that no
/// type depends on a sample of rows.
struct CsvDialect {
  std::string delimiter = ",";
  int64_t skipped_lines = 0;       // notes above the header
  bool header = true;              // the first line names the columns
  std::vector<std::string> names;  // of the header, else column0, column1, ...
  bool named = true;               // the names stand in the file
  bool spaced = false;             // one column, and spaces in its first line as between cells
  std::string line_end;            // "": DuckDB finds it; else \n or \r\n
  int64_t lines_before_rows() const { return skipped_lines + (header ? 1 : 0); }
};

/// The first line is a header when it holds one of `known_names` (a label's, a model's columns), else when DuckDB takes
/// it for one. Throws kData: nothing in the file, two columns of one name.
CsvDialect find_csv_dialect(DuckSession& session, const std::string& file, std::span<const std::string> known_names);

struct CsvReading {
  bool pass_over_broken = false;  // and list them in reject_errors (line)
};

/// "read_csv(...)" with one column of texts: the lines of a file, quotes of no meaning; `more` of its arguments.
std::string csv_lines_relation(const std::string& file, std::string_view more);

/// "read_csv(...)" with the columns c0, c1, ... as texts; its rows come in file order.
std::string csv_relation(std::span<const std::string> files, const CsvDialect& dialect, const CsvReading& reading);

}  // namespace rift::data
