#include "rift/base/directory_lock.h"

#include <fcntl.h>

#include <system_error>
#include <utility>

namespace rift {

namespace fs = std::filesystem;

std::optional<DirectoryLock> DirectoryLock::take(const fs::path& directory) {
  fs::path file = fs::absolute(directory) / kFile;
  while (true) {
    posix::Descriptor held(file, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (!held.is_open()) posix::fail(file, "create");
    if (!posix::try_lock(held.get())) return std::nullopt;
    // Whoever held it may have removed it between our opening and locking it: then another file has the name.
    if (posix::is_at(file, held.get())) return DirectoryLock(std::move(file), std::move(held));
  }
}

DirectoryLock::~DirectoryLock() {
  std::error_code ignored;
  if (held_.is_open() && posix::is_at(file_, held_.get())) fs::remove(file_, ignored);
}

}  // namespace rift
