#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "rift/base/posix_file.h"
#include "rift/base/sha256.h"
#include "rift/hub/git_blob.h"
#include "rift/hub/hub_api.h"

namespace rift::hub {

/// The digest that a hub states of a file, taken as its bytes come.
class FileDigest {
 public:
  explicit FileDigest(const HubFile& file);
  void update(std::string_view bytes);
  std::string finish_hex();  // may be called once

 private:
  std::variant<Sha256, Sha1> hash_;
};

/// Whether a file has the size and the digest that the hub states of it; false when it is not there.
bool is_as_stated(const std::filesystem::path& path, const HubFile& file);

/// A file on its way: its bytes lie in `part` until all of them are there and have the digest. What an earlier process
/// has left in `part` is taken up.
class IncompleteFile {
 public:
  IncompleteFile(std::filesystem::path part, const HubFile& file);  // throws kEnvironment, for a link too
  int64_t size_bytes() const { return size_bytes_; }
  void append(std::string_view bytes);  // throws kArtefact past the stated size, kEnvironment (disk full)
  void restart();                       // forgets every byte
  /// Whether the bytes are all there and right; wrong ones are forgotten.
  bool is_right();
  void publish(const std::filesystem::path& target);  // after is_right(): flushes, renames

 private:
  void take_up();

  std::filesystem::path part_;
  const HubFile& file_;
  posix::Descriptor descriptor_;
  FileDigest digest_;
  int64_t size_bytes_ = 0;
};

/// Held by one process at a time, of rift and of huggingface_hub alike (flock on `path`, made where it is missing);
/// the constructor waits. Throws kEnvironment, kInterrupted.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);

 private:
  posix::Descriptor descriptor_;
};

/// A FileLock whose file goes away with it; who waits for it then makes another.
class PassingLock {
 public:
  explicit PassingLock(std::filesystem::path path) : path_(std::move(path)), lock_(path_) {}
  PassingLock(const PassingLock&) = delete;
  PassingLock& operator=(const PassingLock&) = delete;
  ~PassingLock();  // removes the name while the lock is held

 private:
  std::filesystem::path path_;
  FileLock lock_;
};

}  // namespace rift::hub
