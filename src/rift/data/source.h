#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/data/csv_dialect.h"
#include "rift/data/duckdb_session.h"
#include "rift/data/json_lines.h"
#include "rift/data/line_spans.h"
#include "rift/data/table.h"

namespace rift::data {

struct SourceOptions {
  std::filesystem::path base_directory;
  std::string memory_limit = "2GB";
  /// Columns that the caller knows to be there; they tell a header from a row.
  std::vector<std::string> known_names;
  bool known_whole = false;  // its compressed files have been checked before
};

struct SourceColumn {
  std::string name;
  Storage stored = Storage::kText;  // as the source types it; cells of CSV are texts
  std::string expression;           // SQL of the stored value
  std::string text_expression;      // SQL of the same as text
};

/// One column to be read: `stored` as it is, or as text.
struct ColumnRequest {
  size_t column = 0;
  bool as_text = false;
};

/// Reads the rows of a source, appending to columns. Throws as load_dataset() does.
class RowReader {
 public:
  RowReader(const std::string& source, DuckStream stream, std::vector<Storage> storages);
  std::vector<Column> empty_columns() const;  // of the right storages, without names
  /// Appends the next rows (at most some thousand) to `columns`; their number, 0 at the end.
  int64_t append_next(std::vector<Column>& columns);
  /// The same with a broken line of CSV told apart from the end: false then, and the reader is of no further use.
  bool try_append_next(std::vector<Column>& columns, int64_t& appended);

 private:
  std::string source_;
  DuckStream stream_;
  std::vector<Storage> storages_;
};

/// An opened `data.source`: a file, a glob or a query, and the columns it has.
class Source {
 public:
  Source(const std::string& source, const SourceOptions& options);
  const std::string& name() const { return name_; }  // for messages; a query is called "data.source"
  const std::vector<SourceColumn>& columns() const { return columns_; }
  std::optional<size_t> find(std::string_view name) const;
  std::vector<std::string> column_names() const;
  /// What a message about a column that is not there goes on with: the nearest of `candidates`, what to do when the
  /// first line is a row and no names, or else some of `candidates`.
  std::string hint_for(const std::string& missing, const std::vector<std::string>& candidates) const;
  bool is_csv() const { return dialect_.has_value(); }
  /// Lines of a .jsonl file that are no JSON: open() throws then, with the first; open_forgiving() passes over them.
  bool has_broken_json() const { return !json_lines_.broken.empty(); }
  /// A single file, whose rows have a number; rows of queries and globs are known by their id only.
  bool is_single_file() const { return files_.size() == 1; }
  const std::vector<std::string>& files() const { return files_; }  // none for a query
  std::string sha256_of_file() const;
  RowReader open(std::span<const ColumnRequest> requests);
  /// One file of CSV or JSON lines only: as open(), passing over lines that cannot be split; `rejected` gets their
  /// 0-based data rows, ascending, with what is wrong. A quotation mark that is not closed takes the lines behind it
  /// along, which count as rows; kData when they are so many that DuckDB loses its place. The file is read twice, three
  /// times where lines are broken.
  struct BrokenLine {
    int64_t row = 0;
    int64_t rows = 1;
    std::string why;
    bool is_read = false;  // the reader gives a row of missing cells in its place
  };
  RowReader open_forgiving(std::span<const ColumnRequest> requests, std::vector<BrokenLine>& rejected);

 private:
  void find_files(const std::string& source, const std::filesystem::path& base_directory);
  void require_whole_files_of_query(const std::string& query, const std::filesystem::path& base_directory);
  bool first_line_is_a_row() const;
  void describe(const std::string& relation);
  void describe_csv(const SourceOptions& options);
  LineSpans line_spans(std::span<const int64_t> numbers) const;
  std::string select(std::span<const ColumnRequest> requests, const std::string& relation) const;
  std::vector<Storage> storages(std::span<const ColumnRequest> requests) const;

  std::string name_;
  std::string relation_;
  std::vector<std::string> files_;  // absolute or relative to the working directory
  std::optional<CsvDialect> dialect_;
  JsonLines json_lines_;
  std::vector<SourceColumn> columns_;
  std::unique_ptr<DuckSession> session_;
};

/// Throws kConfig: `asked_by` (a flag or a key of run.yaml) names a column that the source lacks, which may be a
/// misspelling of one of `candidates`.
[[noreturn]] void fail_without(const Source& source, const std::string& column, const std::string& asked_by,
                               const std::vector<std::string>& candidates);

}  // namespace rift::data
