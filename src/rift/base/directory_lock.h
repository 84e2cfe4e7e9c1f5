#pragma once

#include <filesystem>
#include <optional>

#include "rift/base/posix_file.h"

namespace rift {

/// A directory that one process at a time works in: a lock (flock) on its file ".lock", which the system gives up when
/// the process ends, however it ends. The file goes with the lock; one that a killed process left is taken over. Where
/// the file system has no locks nobody is kept out.
class DirectoryLock {
 public:
  static constexpr const char* kFile = ".lock";

  /// Nothing when another holds the directory, which has to be there. Throws kEnvironment where `.lock` cannot be made.
  static std::optional<DirectoryLock> take(const std::filesystem::path& directory);

  DirectoryLock(DirectoryLock&&) noexcept = default;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  DirectoryLock(std::filesystem::path file, posix::Descriptor held) : file_(std::move(file)), held_(std::move(held)) {}

  std::filesystem::path file_;
  posix::Descriptor held_;
};

}  // namespace rift
