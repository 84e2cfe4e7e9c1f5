#include "rift/base/staged_file.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "rift/base/error.h"

namespace rift {

namespace fs = std::filesystem;

StagedFile::StagedFile(fs::path target) : target_(std::move(target)) {
  temporary::tidy_up(target_);
  file_ = temporary::create_file(target_);
}

StagedFile::~StagedFile() {
  if (!published_) ::unlink(file_.path.c_str());
}

void StagedFile::append(std::string_view bytes) {
  posix::write_all(file_.lock.get(), bytes, target_);
  size_bytes_ += static_cast<int64_t>(bytes.size());
}

void StagedFile::publish() {
  RIFT_CHECK(!published_);
  if (::fsync(file_.lock.get()) != 0) posix::fail(target_, "flush");
  if (::rename(file_.path.c_str(), target_.c_str()) != 0) posix::fail(target_, "rename into place");
  published_ = true;
  file_.lock.close_checked(target_);
  posix::sync(posix::parent_of(target_));
}

void require_free_space(const fs::path& directory, int64_t needed_bytes, std::string_view advice) {
  fs::path place = fs::absolute(directory);
  std::error_code error;
  while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  const fs::space_info space = fs::space(place, error);
  RIFT_REQUIRE(error || needed_bytes <= static_cast<int64_t>(std::min<uintmax_t>(space.available, INT64_MAX)),
               Code::kEnvironment, "{}: {:.1f} MB are to be written and {:.1f} MB are free; free some space or {}",
               directory.string(), 1e-6 * static_cast<double>(needed_bytes),
               1e-6 * static_cast<double>(space.available), advice);
}

}  // namespace rift
