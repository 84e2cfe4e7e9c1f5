#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "rift/base/temporary.h"

namespace rift {

/// A file that is written piece by piece and appears whole or not at all: under a temporary name beside `target` until
/// publish() flushes and renames it. Without publish() the destructor removes it. Throws kEnvironment (disk full ...).
class StagedFile {
 public:
  explicit StagedFile(std::filesystem::path target);
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;
  ~StagedFile();
  void append(std::string_view bytes);
  int64_t size_bytes() const { return size_bytes_; }
  /// Where the bytes lie until publish(), for a look at them before it.
  const std::filesystem::path& path() const { return file_.path; }
  void publish();

 private:
  std::filesystem::path target_;
  temporary::Owned file_;
  int64_t size_bytes_ = 0;
  bool published_ = false;
};

/// Throws kEnvironment when the file system of `directory` (or of the nearest folder above it that is there) has less
/// than that free: before the first byte, not when the disk is full. `advice` says what to do beside freeing some.
void require_free_space(const std::filesystem::path& directory, int64_t needed_bytes, std::string_view advice);

}  // namespace rift
