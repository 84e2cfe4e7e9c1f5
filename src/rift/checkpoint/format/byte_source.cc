#include "rift/checkpoint/format/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "rift/base/error.h"

namespace rift::checkpoint::format {
namespace {

[[noreturn]] void throw_open_error(const std::string& name, int error) {
  RIFT_REQUIRE(error != ENOENT && error != ENOTDIR, Code::kArtefact,
               "{}: the file is not there; check the path of the model directory", name);
  RIFT_FAIL(Code::kEnvironment, "{}: cannot be opened for reading: {}", name, std::strerror(error));
}

}  // namespace

FileBytes::FileBytes(const std::filesystem::path& path) : name_(path.string()) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe without a writer does not hold us up
  if (descriptor_ < 0) throw_open_error(name_, errno);
  struct stat info {};
  const bool known = ::fstat(descriptor_, &info) == 0;
  if (!known || !S_ISREG(info.st_mode)) {
    ::close(descriptor_);
    RIFT_FAIL(Code::kArtefact, "{}: expected a regular file", name_);
  }
  size_bytes_ = info.st_size;
}

FileBytes::~FileBytes() { ::close(descriptor_); }

void FileBytes::read(int64_t offset, std::span<std::byte> out) const {
  constexpr size_t kMostAtOnce = size_t{1} << 30;  // Linux transfers less than 2 GiB a call
  size_t done = 0;
  while (done < out.size()) {
    const size_t want = std::min(out.size() - done, kMostAtOnce);
    const ssize_t got = ::pread(descriptor_, out.data() + done, want, offset + static_cast<int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    RIFT_REQUIRE(got >= 0, Code::kEnvironment, "{}: reading {} bytes at byte {} failed: {}", name_, want,
                 offset + static_cast<int64_t>(done), std::strerror(errno));
    RIFT_REQUIRE(got > 0, Code::kArtefact,
                 "{}: expected {} bytes at byte {}, the file ends after {}; was it changed while it was being read?",
                 name_, out.size(), offset, done);
    done += static_cast<size_t>(got);
  }
}

void MemoryBytes::read(int64_t offset, std::span<std::byte> out) const {
  const int64_t size = size_bytes();
  RIFT_REQUIRE(offset >= 0 && offset <= size && static_cast<int64_t>(out.size()) <= size - offset, Code::kArtefact,
               "{}: expected {} bytes at byte {}, there are {} in all", name_, out.size(), offset, size);
  if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
}

}  // namespace rift::checkpoint::format
