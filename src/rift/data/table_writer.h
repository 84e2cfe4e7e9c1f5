#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rift/data/table.h"

namespace rift::data {

/// Throws kConfig for a name that TableWriter has no format for: before anything is computed that could not be written.
void require_table_ending(const std::filesystem::path& target);

/// Writes a table batch by batch to .parquet, .csv, .csv.gz or .jsonl (by the file's name). The file appears whole at
/// finish() or not at all; memory stays bounded. Columns of `whole_number` are doubles without a fraction up to 2^53
/// and are written as such; `single` ones are written as 32-bit floats. Throws kConfig (unknown ending), kEnvironment
/// (disk full, permission), kBug (not of its column).
class TableWriter {
 public:
  struct ColumnSpec {
    std::string name;
    Storage storage = Storage::kNumber;
    bool whole_number = false;
    bool single = false;
  };
  TableWriter(std::filesystem::path target, std::vector<ColumnSpec> columns);
  ~TableWriter();  // without finish(): nothing is left behind
  void append(const Table& batch);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The whole of a small result file (predictions.parquet) back in memory, types as stored.
Table read_table(const std::filesystem::path& path);

}  // namespace rift::data
