#include "rift/base/posix_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "rift/base/error.h"

namespace rift::posix {

namespace fs = std::filesystem;

namespace {

bool parent_exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(parent_of(path), ignored);
}

}  // namespace

void fail(const fs::path& path, std::string_view what) {
  const int reason = errno;
  const char* next = reason == ENOSPC || reason == EDQUOT ? "; free some space or choose another directory"
                     : reason == EFBIG                    ? "; the file size limit of this process is too small"
                     : reason == EACCES || reason == EPERM || reason == EROFS ? "; choose a directory you may write to"
                     : reason == ENOENT && !parent_exists(path)               ? "; create its folder first"
                                                                              : "";
  RIFT_FAIL(Code::kEnvironment, "{}: cannot {}: {}{}", path.string(), what, std::strerror(reason), next);
}

Descriptor::Descriptor(const fs::path& path, int flags, mode_t mode)
    : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int Descriptor::release() { return std::exchange(fd_, -1); }

void Descriptor::close_checked(const fs::path& path) {
  if (::close(release()) != 0) fail(path, "finish writing");
}

bool try_lock(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

bool is_at(const fs::path& path, int fd) {
  struct stat by_name {};
  struct stat by_fd {};
  return ::stat(path.c_str(), &by_name) == 0 && ::fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
         by_name.st_dev == by_fd.st_dev;
}

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = ENOSPC;
    if (written <= 0) fail(path, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void sync(const fs::path& path) {
  const Descriptor fd(path, O_RDONLY);
  if (!fd.is_open()) fail(path, "open to flush");
  // Some file systems cannot flush a directory and say EINVAL; that is not a failure of the data.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) fail(path, "flush");
}

fs::path parent_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

void make_directories(const fs::path& directory) {
  std::error_code ignored;
  if (fs::is_directory(directory, ignored)) return;
  if (parent_of(directory) != directory) make_directories(parent_of(directory));
  if (::mkdir(directory.c_str(), 0755) != 0) {
    const int reason = errno;
    if (reason == EEXIST && fs::is_directory(directory, ignored)) return;  // another process was faster
    errno = reason;
    fail(directory, "create the directory");
  }
  sync(parent_of(directory));
}

}  // namespace rift::posix
