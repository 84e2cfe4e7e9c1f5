#pragma once

#include <cstdint>
#include <filesystem>

#include "rift/data/line_reader.h"
#include "rift/data/row_stream.h"

namespace rift::data {

/// The lines of a text file as rows of one text column, in batches; an empty line is a row with an empty text. The id
/// is the 0-based number of the line.
class TextLines {
 public:
  static constexpr const char* kColumn = "text";

  /// Throws as LineReader; kData when nothing is in the file.
  TextLines(std::filesystem::path file, int64_t batch_rows);
  /// False at the end. Throws as LineReader, kInterrupted.
  bool next(RowBatch& batch);

 private:
  LineReader lines_;
  int64_t batch_rows_;
  int64_t row_ = 0;
};

}  // namespace rift::data
