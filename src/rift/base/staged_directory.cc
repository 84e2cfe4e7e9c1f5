#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/posix_file.h"
#include "rift/base/publish.h"
#include "rift/base/temporary.h"

namespace rift {
namespace {

namespace fs = std::filesystem;

fs::path without_trailing_slash(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

void sync_tree(const fs::path& directory) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->is_symlink() && (entry->is_regular_file() || entry->is_directory())) posix::sync(entry->path());
  }
  if (error) {
    errno = error.value();
    posix::fail(directory, "read");
  }
  posix::sync(directory);
}

// False where the file system knows no exchange.
bool exchange(const fs::path& stage, const fs::path& target) {
  if (::renameat2(AT_FDCWD, stage.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EXDEV) return false;
  posix::fail(target, "exchange it with the new one");
}

void replace_by_setting_aside(const fs::path& stage, const fs::path& target) {
  const fs::path aside = temporary::aside_name(target);
  const posix::Descriptor held = temporary::lock(target);  // so that nobody tidies the older one up meanwhile
  if (::rename(target.c_str(), aside.c_str()) != 0) posix::fail(target, "set the older one aside");
  if (::rename(stage.c_str(), target.c_str()) != 0) {
    const int reason = errno;
    ::rename(aside.c_str(), target.c_str());
    errno = reason;
    posix::fail(target, "rename into place");
  }
  posix::sync(posix::parent_of(target));
  std::error_code ignored;
  fs::remove_all(aside, ignored);
}

}  // namespace

void publish_directory(const fs::path& stage, const fs::path& target, Swap swap) {
  sync_tree(stage);
  std::error_code ignored;
  if (!fs::exists(target, ignored)) {
    if (::rename(stage.c_str(), target.c_str()) != 0) posix::fail(target, "rename into place");
    posix::sync(posix::parent_of(target));
  } else if (swap == Swap::kAtOnce && exchange(stage, target)) {
    posix::sync(posix::parent_of(target));
    fs::remove_all(stage, ignored);  // the older one lies there now
  } else {
    replace_by_setting_aside(stage, target);
  }
}

StagedDirectory::StagedDirectory(fs::path target) : target_(without_trailing_slash(target)) {
  posix::make_directories(posix::parent_of(target_));
  temporary::tidy_up(target_);
  std::error_code ignored;
  RIFT_REQUIRE(!fs::exists(target_, ignored) || fs::is_directory(target_, ignored), Code::kEnvironment,
               "{}: is a file; expected a directory or nothing", target_.string());
  temporary::Owned owned = temporary::create_directory(target_);
  stage_ = std::move(owned.path);
  lock_ = owned.lock.release();
}

StagedDirectory::~StagedDirectory() {
  std::error_code ignored;
  if (!published_) fs::remove_all(stage_, ignored);
  ::close(lock_);
}

void StagedDirectory::publish() {
  RIFT_CHECK(!published_);
  publish_directory(stage_, target_);
  published_ = true;
}

}  // namespace rift
