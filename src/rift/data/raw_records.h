#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rift/data/source.h"
#include "rift/data/table.h"

namespace rift::data {

/// The rows of one or more sources of the same columns, one after another, before anything is known of kinds.
struct RawRecords {
  std::vector<Column> columns;      // the asked ones, in the order asked
  std::vector<int64_t> source_row;  // of its source
  bool numbered = true;             // one file: rows are known by their number
  std::string sha256;               // of the file's bytes, of the row stream for queries and globs; of several
                                    // sources: of their digests, one per line
  int64_t rows() const { return static_cast<int64_t>(source_row.size()); }
};

struct WantedColumn {
  std::string name;
  bool as_text = false;
};

/// Reads `wanted` from `source`. Throws kData when a column is not there or there are no rows.
RawRecords read_records(Source& source, std::span<const WantedColumn> wanted);

/// Puts the rows of `more` behind those of `records`; a column that is text in one is text in both. Throws kData when
/// one is a number and the other a date.
void append_records(RawRecords& records, RawRecords more);

}  // namespace rift::data
