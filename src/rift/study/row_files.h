#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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

/// Throws kConfig when both name one file: the later of two outputs would take the place of the other.
void require_two_files(const std::string& out, const std::string& rejects);

/// The rows must outlive the result: throws kConfig when one of `outputs` (some may be "") takes the place of what is
/// read, also by a query.
void require_other_than_inputs(const std::vector<std::string>& outputs, const std::string& source,
                               const std::vector<std::string>& inputs);

}  // namespace rift::study
