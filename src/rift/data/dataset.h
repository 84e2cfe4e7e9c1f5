#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/data/schema.h"
#include "rift/data/split.h"
#include "rift/data/table.h"

namespace rift::data {

/// Records as a model sees them: feature columns, label, roles and the frozen split, all N rows in source order.
struct Dataset {
  Schema schema;
  Table table;                      // feature and protected columns, stored as their kind asks
  std::vector<double> label;        // [N] binary: 0/1, bad = 1; multi-class and ordinal: class index;
                                    // regression: the value; multi-label: the set of its labels (schema.h)
  std::vector<double> weight;       // [N] or empty = all one
  std::vector<std::string> id;      // [N] or empty = 0-based row
  std::vector<int64_t> time;        // [N] microseconds or empty
  std::vector<std::string> group;   // [N] or empty
  std::vector<uint64_t> split_row;  // [N] what split rules call a row: its number in the file, or for queries and
                                    // globs the first 8 bytes, big endian, of the SHA-256 of its id
  Split split;
  std::string source_sha256;       // digest of the bytes that were read (of the row stream for sql and globs)
  std::vector<std::string> notes;  // what was guessed or cleaned, in words for the report

  int64_t rows() const { return table.rows; }
};

/// Whether a classifier can be fitted on `rows`: they hold at least two classes. Regression: any rows will do.
bool can_be_learnt(const Dataset& dataset, std::span<const int64_t> rows);

}  // namespace rift::data
