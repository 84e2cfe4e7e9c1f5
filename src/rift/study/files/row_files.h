#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/stopwatch.h"
#include "rift/data/row_stream.h"
#include "rift/data/table_writer.h"

/// What the verbs that turn a file of rows into another one share.
namespace rift::study {

/// The rows that a model could not take: their number in the source and why, for a file.
class Rejects {
 public:
  explicit Rejects(const std::string& path);  // "": such a row is an error
  /// Throws kData for a row, when no file was asked for (row number and reason, never a value).
  void append(const std::vector<data::RejectedRow>& rejected);
  void finish();
  int64_t count() const { return count_; }
  int64_t quoted() const { return quoted_; }  // of them: lines that an open quotation mark took along

 private:
  std::unique_ptr<data::TableWriter> writer_;
  int64_t count_ = 0;
  int64_t quoted_ = 0;
};

/// What became of a source's rows.
struct RowCounts {
  int64_t rows = 0;      // that the model took
  int64_t rejected = 0;  // that could not be read; the rejects file says why, for lines behind an open quotation mark
                         // in one row for all
  int64_t quoted = 0;    // of `rejected`: lines that an open quotation mark took along
  double seconds = 0.0;  // from the first row read to the last result written, loading of the model left out
};

using NextBatch = std::function<bool(data::RowBatch& batch)>;  // false at the end
struct RowConversion {
  NextBatch next;
  std::function<data::Table(const data::RowBatch& batch)> convert;  // of at least one row
  std::string rejects;                                              // "" as of Rejects
  std::string_view progress_name;
};
/// Writes what `convert` makes of a source's rows, batch by batch, and finishes both files. Seconds are those of
/// `watch`. Throws kInterrupted, as Rejects and the two functions do.
RowCounts convert_rows(const RowConversion& conversion, data::TableWriter& writer, const Stopwatch& watch);

/// Throws kConfig when both name one file, where the later would take the place of the other, or one lies inside of a
/// package. `rejects` may be "".
void require_places(const std::string& out, const std::string& rejects);

/// The rows must outlive the result: throws kConfig when one of `outputs` (some may be "") takes the place of what is
/// read, also by a query.
void require_other_than_inputs(const std::vector<std::string>& outputs, const std::string& source,
                               const std::vector<std::string>& inputs);

}  // namespace rift::study
