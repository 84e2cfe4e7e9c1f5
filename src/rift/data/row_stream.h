#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rift/data/schema.h"
#include "rift/data/table.h"

namespace rift::data {

/// A row that could not be read as the schema asks, and why ("column income: not a number"); no value of the row.
struct RejectedRow {
  int64_t source_row = 0;
  int64_t rows = 1;  // more where an open quotation mark took the lines behind it along; their numbers follow
  std::string why;
};

struct RowBatch {
  Table table;                        // the schema's feature columns, stored as their kind asks; source_row filled
  std::vector<std::string> id;        // the id column's text, else the 0-based row number
  std::vector<RejectedRow> rejected;  // rows that are not in `table`
};

struct RowStreamOptions {
  int64_t batch_rows = 4096;
  std::string memory_limit = "512MB";
  std::filesystem::path base_directory;
  std::string asked_by;  // the flag or key that names the schema's columns; empty = a model does
};

/// Rows of a source of any size for a model's schema, in source order, batch by batch in bounded memory. Columns that
/// the schema does not know are passed over; the label may be absent. A line of CSV that cannot be split into columns
/// and a cell that is not of its column's kind are rejected rows; more is an error of the source.
class RowStream {
 public:
  /// Throws kArtefact (no such file), kData or, with asked_by, kConfig (a feature
  /// column is missing: named, with the nearest), kEnvironment.
  RowStream(const Schema& schema, const std::string& source, const RowStreamOptions& options = {});
  ~RowStream();
  bool next(RowBatch& batch);                     // false when the source has ended and nothing was filled
  const std::vector<std::string>& files() const;  // that are read; none for a query

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Names of the columns of a source, in its order. Throws kArtefact, kData, kEnvironment.
std::vector<std::string> column_names(const std::string& source);
/// Throws kConfig naming `asked_by` (the flag with that name), the source and the nearest column where it lacks the
/// column.
void require_column(const std::string& source, const std::string& name, const std::string& asked_by);

}  // namespace rift::data
