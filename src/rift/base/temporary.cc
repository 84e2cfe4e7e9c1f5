#include "rift/base/temporary.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <vector>

#include "rift/base/error.h"

namespace rift::temporary {
namespace {

namespace fs = std::filesystem;

fs::path next_name(const fs::path& target, std::string_view kind) {
  static std::atomic<uint64_t> counter{0};
  return posix::parent_of(target) /
         fmt::format(".{}.{}-{}-{}", target.filename().string(), kind, ::getpid(), counter.fetch_add(1));
}

bool is_temporary_of(const std::string& entry, const std::string& target, std::string_view kind) {
  const std::string prefix = fmt::format(".{}.{}-", target, kind);
  return entry.starts_with(prefix) && entry.size() > prefix.size() &&
         entry.find_first_not_of("0123456789-", prefix.size()) == std::string::npos;
}

}  // namespace

Owned create_file(const fs::path& target) {
  while (true) {
    fs::path path = next_name(target, "tmp");
    posix::Descriptor fd(path, O_WRONLY | O_CREAT | O_EXCL);
    if (!fd.is_open() && errno == EEXIST) continue;
    if (!fd.is_open()) posix::fail(target, "create");
    // A tidying process may find the new entry before it is locked: then it is gone, and another is made.
    if (posix::try_lock(fd.get()) && posix::is_at(path, fd.get())) return {std::move(path), std::move(fd)};
  }
}

Owned create_directory(const fs::path& target) {
  while (true) {
    fs::path path = next_name(target, "tmp");
    if (::mkdir(path.c_str(), 0755) != 0) {
      if (errno == EEXIST) continue;
      posix::fail(posix::parent_of(target), "create a directory in it");
    }
    posix::Descriptor fd(path, O_RDONLY | O_DIRECTORY);
    if (fd.is_open() && posix::try_lock(fd.get()) && posix::is_at(path, fd.get()))
      return {std::move(path), std::move(fd)};
  }
}

fs::path aside_name(const fs::path& target) { return next_name(target, "old"); }

posix::Descriptor lock(const fs::path& path) {
  posix::Descriptor fd(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  if (fd.is_open() && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  return {};
}

void discard_directory(const fs::path& target) {
  const fs::path aside = next_name(target, "tmp");
  if (::rename(target.c_str(), aside.c_str()) != 0) return;
  std::error_code ignored;
  fs::remove_all(aside, ignored);
}

void tidy_up(const fs::path& target) {
  const std::string name = target.filename().string();
  std::error_code ignored;
  std::vector<fs::path> stages, older;
  for (fs::directory_iterator entry(posix::parent_of(target), ignored), end; entry != end; entry.increment(ignored)) {
    if (ignored) break;
    const std::string file = entry->path().filename().string();
    if (is_temporary_of(file, name, "tmp")) stages.push_back(entry->path());
    if (is_temporary_of(file, name, "old")) older.push_back(entry->path());
  }
  for (const fs::path& path : older) {
    const posix::Descriptor held = lock(path);
    if (!held.is_open()) continue;
    if (fs::exists(target, ignored))
      fs::remove_all(path, ignored);
    else
      fs::rename(path, target, ignored);
  }
  for (const fs::path& path : stages) {
    const posix::Descriptor held = lock(path);
    if (held.is_open()) fs::remove_all(path, ignored);
  }
}

}  // namespace rift::temporary
