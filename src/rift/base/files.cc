#include "rift/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "rift/base/error.h"
#include "rift/base/json_numbers.h"
#include "rift/base/posix_file.h"
#include "rift/base/staged_file.h"
#include "rift/base/temporary.h"

namespace rift {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path, int64_t max_bytes) {
  const posix::Descriptor fd(path, O_RDONLY | O_NONBLOCK);  // a named pipe must not keep us waiting
  const int reason = errno;
  RIFT_REQUIRE(fd.is_open(), reason == EACCES ? Code::kEnvironment : Code::kArtefact, "{}: cannot be opened: {}",
               path.string(), std::strerror(reason));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) posix::fail(path, "read");
  RIFT_REQUIRE(S_ISREG(status.st_mode), Code::kArtefact, "{}: expected a file, it is a {}", path.string(),
               S_ISDIR(status.st_mode) ? "directory" : "special file");
  RIFT_REQUIRE(status.st_size <= max_bytes, Code::kArtefact, "{}: {} bytes, at most {} are read", path.string(),
               status.st_size, max_bytes);
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) posix::fail(path, "read");
    if (got == 0) break;  // shortened while we read: what is there is what is returned
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Json read_json(const fs::path& path, const JsonLimits& limits) {
  return parse_json(read_file(path, limits.max_bytes), path.string(), limits);
}

Json read_json_with_large_numbers(const fs::path& path, const JsonLimits& limits) {
  return parse_json_with_large_numbers(read_file(path, limits.max_bytes), path.string(), limits);
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  write_file_atomic(path, std::span<const std::string_view>(&bytes, 1));
}

void write_file_atomic(const fs::path& path, std::span<const std::string_view> parts) {
  StagedFile file(path);
  for (const std::string_view part : parts) file.append(part);
  file.publish();
}

bool is_there(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    std::error_code ignored;
    RIFT_REQUIRE(!fs::is_symlink(fs::symlink_status(path, ignored)), Code::kArtefact,
                 "{}: a link to {}, which is not there; is the model whole?", path.string(),
                 fs::read_symlink(path, ignored).string());
    return false;
  }
  RIFT_REQUIRE(!error, Code::kArtefact, "{}: {}; is the model whole, and may this user read it?", path.string(),
               error.message());
  return true;
}

bool stays_inside(const std::string& name) {
  const fs::path path = name;
  if (name.empty() || path.is_absolute() || path.lexically_normal().generic_string() != name) return false;
  return std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".." || part == "."; });
}

void require_writable_directory(const fs::path& directory) {
  std::error_code ignored;
  RIFT_REQUIRE(!fs::is_regular_file(directory, ignored), Code::kEnvironment,
               "{}: expected a directory to write to, it is a file; name another one", directory.string());
  posix::make_directories(directory);
  temporary::Owned probe = temporary::create_file(directory / "rift-probe");
  const ssize_t written = ::write(probe.lock.get(), "x", 1);
  const int reason = errno;
  ::unlink(probe.path.c_str());
  errno = reason;
  if (written != 1) posix::fail(directory, "write to it");
}

LineWriter::LineWriter(fs::path path, int64_t keep_bytes) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (keep_bytes < 0 ? O_TRUNC : 0), 0644);
  if (descriptor_ < 0) posix::fail(path_, "create");
  if (keep_bytes >= 0) {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) posix::fail(path_, "read");
    const bool shorter = status.st_size < keep_bytes;
    if (shorter || ::ftruncate(descriptor_, keep_bytes) != 0 || ::lseek(descriptor_, keep_bytes, SEEK_SET) < 0) {
      ::close(descriptor_);
      descriptor_ = -1;
      RIFT_REQUIRE(!shorter, Code::kArtefact, "{}: {} bytes, expected at least {}; it was cut after the checkpoint",
                   path_.string(), status.st_size, keep_bytes);
      posix::fail(path_, "cut back to the checkpoint");
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
  append_bytes(whole);
}

void LineWriter::append_bytes(std::string_view bytes) {
  try {
    posix::write_all(descriptor_, bytes, path_);
  } catch (const Error&) {
    // What did fit is half a line or record: the file ends with the last whole one.
    if (::ftruncate(descriptor_, size_bytes_) == 0) ::lseek(descriptor_, size_bytes_, SEEK_SET);
    throw;
  }
  size_bytes_ += static_cast<int64_t>(bytes.size());
}

void LineWriter::sync() {
  if (::fsync(descriptor_) != 0 && errno != EINVAL) posix::fail(path_, "flush");
}

}  // namespace rift
