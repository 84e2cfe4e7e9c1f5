#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rift/data/table.h"

namespace rift::data {

/// Writes a table batch by batch to .parquet, .csv, .csv.gz or .jsonl (by the file's name). The file appears whole at
/// finish() or not at all; memory stays bounded. A number column whose `whole_number` is set holds doubles without a
/// fraction and is written as whole numbers (BIGINT). Throws kConfig (unknown ending), kEnvironment (disk full,
/// permission).
class TableWriter {
 public:
  struct ColumnSpec {
    std::string name;
    Storage storage = Storage::kNumber;
    bool whole_number = false;
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
