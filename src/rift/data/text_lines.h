#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "rift/data/row_stream.h"

namespace rift::data {

/// The lines of a text file as rows of one text column, in batches; an empty line is a row with an empty text. The id
/// is the 0-based number of the line. LF or CR LF ends a line, a byte order mark is passed over.
class TextLines {
 public:
  static constexpr const char* kColumn = "text";

  /// Throws kArtefact (no such file), kData (nothing in it), kEnvironment (permission).
  TextLines(std::filesystem::path file, int64_t batch_rows);
  /// False at the end. Throws kData naming the line that is no UTF-8 or longer than 16 MB.
  bool next(RowBatch& batch);

 private:
  bool next_line(std::string& line);

  std::filesystem::path path_;
  std::ifstream file_;
  int64_t batch_rows_;
  int64_t row_ = 0;
};

}  // namespace rift::data
