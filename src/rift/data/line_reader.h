#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace rift::data {

/// The lines of a text file one after the other, in bounded memory: the one reader of files that hold a text a line. LF
/// or CR LF ends a line, a byte order mark is passed over.
class LineReader {
 public:
  /// Throws kArtefact (no such file), kEnvironment (permission, reading fails).
  explicit LineReader(std::filesystem::path file);
  /// False at the end; `line` comes without its end. Throws kData naming the line that is no UTF-8 or longer than 16
  /// MB, kEnvironment.
  bool next(std::string& line);
  bool is_empty() const { return size_ == 0; }  // not a byte in it, but for a byte order mark
  const std::filesystem::path& path() const { return path_; }

 private:
  bool fill();

  std::filesystem::path path_;
  std::ifstream file_;
  std::string bytes_;  // of the file, read ahead
  size_t at_ = 0;      // of the next byte in them
  size_t size_ = 0;    // of the first `bytes_`
  int64_t line_ = 1;   // 1-based number of the next line
};

}  // namespace rift::data
