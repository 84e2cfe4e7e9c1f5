#include "rift/base/files.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "rift/base/error.h"

namespace rift {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_system(const fs::path& path, std::string_view what) {
  const int reason = errno;
  const char* next = reason == ENOSPC || reason == EDQUOT ? "; free some space or choose another directory"
                     : reason == EFBIG                    ? "; the file size limit of this process is too small"
                     : reason == EACCES || reason == EPERM || reason == EROFS ? "; choose a directory you may write to"
                                                                              : "";
  RIFT_FAIL(Code::kEnvironment, "{}: cannot {}: {}{}", path.string(), what, std::strerror(reason), next);
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0644)
      : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  void close_checked() {
    const int fd = fd_;
    fd_ = -1;
    if (::close(fd) != 0) fail_system(path_, "finish writing");
  }

 private:
  fs::path path_;
  int fd_;
};

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_system(path, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void sync_path(const fs::path& path) {
  Descriptor fd(path, O_RDONLY);
  if (!fd.open()) fail_system(path, "open to flush");
  // Some file systems cannot flush a directory and say EINVAL; that is not a failure of the data.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) fail_system(path, "flush");
}

fs::path parent_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

std::string unique_suffix() {
  static std::atomic<uint64_t> counter{0};
  return fmt::format("tmp-{}-{}", ::getpid(), counter++);
}

fs::path without_trailing_slash(const fs::path& path) {
  const fs::path normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

void create_directories_or_fail(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    errno = error.value();
    fail_system(directory, "create the directory");
  }
}

bool process_is_gone(pid_t pid) { return pid != ::getpid() && ::kill(pid, 0) != 0 && errno == ESRCH; }

// ".<name>.tmp-<pid>-<n>" or ".<name>.old-<pid>-<n>" -> pid; 0 for any other name.
pid_t owner_of(const std::string& entry, const std::string& name, std::string_view kind) {
  const std::string prefix = fmt::format(".{}.{}-", name, kind);
  if (!entry.starts_with(prefix)) return 0;
  pid_t pid = 0;
  const char* begin = entry.data() + prefix.size();
  const auto [end, status] = std::from_chars(begin, entry.data() + entry.size(), pid);
  return status == std::errc() && *end == '-' ? pid : 0;
}

// What a killed process left beside the target: half-written stages go, a set-aside older target comes back.
void tidy_up(const fs::path& target) {
  const std::string name = target.filename().string();
  std::error_code ignored;
  std::vector<fs::path> stages, older;
  for (const auto& entry : fs::directory_iterator(parent_of(target), ignored)) {
    const std::string file = entry.path().filename().string();
    if (const pid_t pid = owner_of(file, name, "tmp"); pid > 0 && process_is_gone(pid)) stages.push_back(entry.path());
    if (const pid_t pid = owner_of(file, name, "old"); pid > 0 && process_is_gone(pid)) older.push_back(entry.path());
  }
  for (const fs::path& path : older) {
    if (!fs::exists(target))
      fs::rename(path, target, ignored);
    else
      fs::remove_all(path, ignored);
  }
  for (const fs::path& path : stages) fs::remove_all(path, ignored);
}

}  // namespace

std::string read_file(const fs::path& path, int64_t max_bytes) {
  Descriptor fd(path, O_RDONLY);
  RIFT_REQUIRE(fd.open(), errno == EACCES ? Code::kEnvironment : Code::kArtefact, "{}: cannot be opened: {}",
               path.string(), std::strerror(errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) fail_system(path, "read");
  RIFT_REQUIRE(S_ISREG(status.st_mode), Code::kArtefact, "{}: expected a file, it is a {}", path.string(),
               S_ISDIR(status.st_mode) ? "directory" : "special file");
  RIFT_REQUIRE(status.st_size <= max_bytes, Code::kArtefact, "{}: {} bytes, at most {} are read", path.string(),
               status.st_size, max_bytes);
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_system(path, "read");
    if (got == 0) break;  // shortened while we read: what is there is what is returned
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  write_file_atomic(path, std::span<const std::string_view>(&bytes, 1));
}

void write_file_atomic(const fs::path& path, std::span<const std::string_view> parts) {
  const fs::path temporary = parent_of(path) / fmt::format(".{}.{}", path.filename().string(), unique_suffix());
  try {
    Descriptor fd(temporary, O_WRONLY | O_CREAT | O_EXCL);
    if (!fd.open()) fail_system(path, "create");
    for (const std::string_view part : parts) write_all(fd.get(), part, path);
    if (::fsync(fd.get()) != 0) fail_system(path, "flush");
    fd.close_checked();
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail_system(path, "rename into place");
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_path(parent_of(path));
}

StagedDirectory::StagedDirectory(fs::path target) : target_(without_trailing_slash(target)) {
  const fs::path parent = parent_of(target_);
  create_directories_or_fail(parent);
  tidy_up(target_);
  RIFT_REQUIRE(!fs::exists(target_) || fs::is_directory(target_), Code::kEnvironment,
               "{}: is a file; expected a directory or nothing", target_.string());
  stage_ = parent / fmt::format(".{}.{}", target_.filename().string(), unique_suffix());
  if (::mkdir(stage_.c_str(), 0755) != 0) fail_system(parent, "create a directory in it");
}

StagedDirectory::~StagedDirectory() {
  std::error_code ignored;
  if (!published_) fs::remove_all(stage_, ignored);
}

void StagedDirectory::publish() {
  RIFT_CHECK(!published_);
  for (const auto& entry : fs::recursive_directory_iterator(stage_)) {
    if (entry.is_regular_file() || entry.is_directory()) sync_path(entry.path());
  }
  sync_path(stage_);
  const fs::path aside =
      parent_of(target_) / fmt::format(".{}.old-{}", target_.filename().string(), unique_suffix().substr(4));
  const bool replaces = fs::exists(target_);
  if (replaces && ::rename(target_.c_str(), aside.c_str()) != 0) fail_system(target_, "set the older one aside");
  if (::rename(stage_.c_str(), target_.c_str()) != 0) {
    const int reason = errno;
    if (replaces) ::rename(aside.c_str(), target_.c_str());
    errno = reason;
    fail_system(target_, "rename into place");
  }
  published_ = true;
  sync_path(parent_of(target_));
  std::error_code ignored;
  if (replaces) fs::remove_all(aside, ignored);
}

void require_writable_directory(const fs::path& directory) {
  create_directories_or_fail(directory);
  const fs::path probe = directory / fmt::format(".rift-probe.{}", unique_suffix());
  Descriptor fd(probe, O_WRONLY | O_CREAT | O_EXCL);
  if (!fd.open()) fail_system(directory, "write to it");
  ::unlink(probe.c_str());
}

LineWriter::LineWriter(fs::path path, int64_t keep_bytes) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (keep_bytes < 0 ? O_TRUNC : 0), 0644);
  if (descriptor_ < 0) fail_system(path_, "create");
  if (keep_bytes > 0) {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail_system(path_, "read");
    const bool shorter = status.st_size < keep_bytes;
    if (shorter || ::ftruncate(descriptor_, keep_bytes) != 0 || ::lseek(descriptor_, keep_bytes, SEEK_SET) < 0) {
      ::close(descriptor_);
      descriptor_ = -1;
      RIFT_REQUIRE(!shorter, Code::kArtefact, "{}: {} bytes, expected at least {}; it was cut after the checkpoint",
                   path_.string(), status.st_size, keep_bytes);
      fail_system(path_, "cut back to the checkpoint");
    }
    size_bytes_ = keep_bytes;
  }
}

LineWriter::~LineWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void LineWriter::append(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  write_all(descriptor_, whole, path_);
  size_bytes_ += static_cast<int64_t>(whole.size());
}

void LineWriter::sync() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL) fail_system(path_, "flush");
}

}  // namespace rift
