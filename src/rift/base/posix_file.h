#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

/// What the sources of this room that touch files share: system calls whose failure is an Error(kEnvironment) that
/// names the path, the system's reason and what to do about it.
namespace rift::posix {

/// From errno, at once after the failed call.
[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what);

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0644);
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release();
  void close_checked(const std::filesystem::path& path);  // a late write error comes with close()

 private:
  int fd_ = -1;
};

/// Locks the open file until it is closed (flock); false when another process, or another opening, holds it. A file
/// system without locks counts as locked.
bool try_lock(int fd);
/// Whether `path` still names the file that is open as `fd`.
bool is_at(const std::filesystem::path& path, int fd);

void write_all(int fd, std::string_view bytes, const std::filesystem::path& path);
void sync(const std::filesystem::path& path);  // a file or a directory
std::filesystem::path parent_of(const std::filesystem::path& path);
void make_directories(const std::filesystem::path& directory);  // each new one is on disk afterwards

}  // namespace rift::posix
