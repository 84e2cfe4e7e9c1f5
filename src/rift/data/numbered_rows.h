#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/data/source.h"
#include "rift/data/table.h"

namespace rift::data {

/// A row of a source in its order: either a row of the chunk's columns, or a line that could not be split into columns.
struct NumberedRow {
  int64_t source_row = 0;
  int64_t chunk_row = -1;  // -1: there is none
  int64_t rows = 1;        // of a line without a row: with those that an open quotation mark took along
  std::string why;         // of a line without a row
};

struct NumberedChunk {
  std::vector<Column> columns;
  std::vector<NumberedRow> rows;
};

/// The rows of a source's files one after another, each with its number, in bounded memory. A file is read strictly up
/// to its first broken line; then it is opened again with the broken lines left out and counted.
class NumberedRows {
 public:
  struct Wanted {
    std::string name;
    bool as_text = false;
    bool optional = false;  // a column that the source may lack is left out then
  };
  /// A wanted column that a file lacks is named, with the nearest: kConfig where the user asked for it by `asked_by` (a
  /// flag or a key of run.yaml), kData where that is empty and a model wants it.
  NumberedRows(const std::string& source, const SourceOptions& options, std::vector<Wanted> wanted,
               std::string asked_by = {});
  bool next(NumberedChunk& chunk);
  const std::vector<std::string>& files() const { return files_; }  // none for a query
  bool has(size_t wanted) const { return place_[wanted].has_value(); }
  /// Where the columns of a chunk hold the wanted one.
  size_t place(size_t wanted) const { return *place_[wanted]; }

 private:
  void enter(std::unique_ptr<Source> source);
  void go_on_forgiving();
  void number(NumberedChunk& chunk, int64_t rows);
  bool broken_is_next() const;
  void add_broken(NumberedChunk& chunk);

  SourceOptions options_;
  std::vector<Wanted> wanted_;
  std::string asked_by_;
  std::vector<std::optional<size_t>> place_;
  std::vector<std::string> files_;  // of the source
  size_t next_file_ = 0;
  std::unique_ptr<Source> source_;
  std::vector<ColumnRequest> requests_;
  std::optional<RowReader> reader_;
  int64_t read_rows_ = 0;   // of the present file
  int64_t pass_over_ = 0;   // rows that were read before it was opened again
  int64_t next_row_ = 0;    // number of the source's next row
  int64_t file_begin_ = 0;  // number of the present file's first row
  std::vector<Source::BrokenLine> broken_;
  size_t next_broken_ = 0;
};

}  // namespace rift::data
