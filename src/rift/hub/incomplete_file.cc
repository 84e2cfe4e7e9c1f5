#include "rift/hub/incomplete_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"

namespace rift::hub {
namespace {

namespace fs = std::filesystem;

/// Hands every byte of an open file to `take`, from its start.
template <class Take>
void read_through(int descriptor, const fs::path& path, Take take) {
  std::vector<char> buffer(size_t{1} << 20);
  if (::lseek(descriptor, 0, SEEK_SET) != 0) posix::fail(path, "read");
  while (true) {
    throw_if_interrupted();
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) posix::fail(path, "read");
    if (got == 0) return;
    take(std::string_view(buffer.data(), static_cast<size_t>(got)));
  }
}

/// Follows no link: in a folder that others may write to, one may lead to a file of the user's.
posix::Descriptor open_or_create(const fs::path& path) {
  posix::Descriptor descriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW);
  RIFT_REQUIRE(descriptor.is_open() || errno != ELOOP, Code::kEnvironment,
               "{}: is a link, where rift writes a file of its own; remove it, or name another place", path.string());
  if (!descriptor.is_open()) posix::fail(path, "create");
  return descriptor;
}

/// Whether the name still leads to the open file: who held the lock before may have removed it.
bool is_open_file(const fs::path& path, const posix::Descriptor& open) {
  struct stat by_name {};
  struct stat by_descriptor {};
  return ::stat(path.c_str(), &by_name) == 0 && ::fstat(open.get(), &by_descriptor) == 0 &&
         by_name.st_ino == by_descriptor.st_ino && by_name.st_dev == by_descriptor.st_dev;
}

std::variant<Sha256, Sha1> fresh_hash(const HubFile& file) {
  if (file.is_lfs) return Sha256();
  Sha1 hash;
  hash.update(git_blob_head(file.size_bytes));
  return hash;
}

}  // namespace

FileDigest::FileDigest(const HubFile& file) : hash_(fresh_hash(file)) {}

void FileDigest::update(std::string_view bytes) {
  std::visit([&](auto& hash) { hash.update(bytes); }, hash_);
}

std::string FileDigest::finish_hex() {
  return std::visit([](auto& hash) { return hash.finish_hex(); }, hash_);
}

bool is_as_stated(const fs::path& path, const HubFile& file) {
  std::error_code error;
  if (!fs::is_regular_file(path, error) || static_cast<int64_t>(fs::file_size(path, error)) != file.size_bytes || error)
    return false;
  const posix::Descriptor descriptor(path, O_RDONLY);
  if (!descriptor.is_open()) posix::fail(path, "read");
  FileDigest digest(file);
  read_through(descriptor.get(), path, [&](std::string_view bytes) { digest.update(bytes); });
  return digest.finish_hex() == file.digest;
}

IncompleteFile::IncompleteFile(fs::path part, const HubFile& file)
    : part_(std::move(part)), file_(file), descriptor_(open_or_create(part_)), digest_(file) {
  take_up();
}

void IncompleteFile::take_up() {
  read_through(descriptor_.get(), part_, [&](std::string_view bytes) {
    if (size_bytes_ <= file_.size_bytes) digest_.update(bytes);
    size_bytes_ += static_cast<int64_t>(bytes.size());
  });
  if (size_bytes_ > file_.size_bytes) restart();
}

void IncompleteFile::append(std::string_view bytes) {
  RIFT_REQUIRE(static_cast<int64_t>(bytes.size()) <= file_.size_bytes - size_bytes_, Code::kArtefact,
               "{}: the hub states {} bytes and sends more; nothing of it is kept", file_.name, file_.size_bytes);
  posix::write_all(descriptor_.get(), bytes, part_);
  digest_.update(bytes);
  size_bytes_ += static_cast<int64_t>(bytes.size());
}

void IncompleteFile::restart() {
  if (::ftruncate(descriptor_.get(), 0) != 0 || ::lseek(descriptor_.get(), 0, SEEK_SET) != 0)
    posix::fail(part_, "start anew");
  digest_ = FileDigest(file_);
  size_bytes_ = 0;
}

bool IncompleteFile::is_right() {
  if (size_bytes_ != file_.size_bytes) return false;
  if (digest_.finish_hex() == file_.digest) return true;
  restart();
  return false;
}

void IncompleteFile::publish(const fs::path& target) {
  if (::fsync(descriptor_.get()) != 0) posix::fail(part_, "flush");
  if (::rename(part_.c_str(), target.c_str()) != 0) posix::fail(target, "rename into place");
  descriptor_.close_checked(target);
  posix::sync(posix::parent_of(target));
}

FileLock::FileLock(const fs::path& path) {
  posix::make_directories(posix::parent_of(path));
  bool said = false;
  do {
    descriptor_ = open_or_create(path);
    // Where a file system has no locks, the reason is another than EWOULDBLOCK.
    while (::flock(descriptor_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      if (!std::exchange(said, true)) log_info(fmt::format("waiting for another process that holds {}", path.string()));
      throw_if_interrupted();
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  } while (!is_open_file(path, descriptor_));
}

PassingLock::~PassingLock() { ::unlink(path_.c_str()); }

}  // namespace rift::hub
