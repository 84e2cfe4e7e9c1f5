#include "rift/checkpoint/links.h"

#include <algorithm>
#include <cstdint>

#include "rift/base/error.h"
#include "rift/base/files.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxCompanionBytes = int64_t{1} << 30;

}  // namespace

fs::path bounds_of_links(const fs::path& directory) {
  std::error_code error;
  const fs::path whole = fs::canonical(directory, error);
  RIFT_REQUIRE(!error, Code::kEnvironment, "{}: {}", directory.string(), error.message());
  const fs::path snapshots = whole.parent_path();
  const bool is_snapshot =
      snapshots.filename() == "snapshots" && snapshots.parent_path().filename().string().starts_with("models--");
  return is_snapshot ? snapshots.parent_path() : whole;
}

void require_inside(const fs::path& file, const fs::path& bounds) {
  RIFT_REQUIRE(is_there(file), Code::kArtefact, "{}: is not there", file.string());
  std::error_code error;
  const fs::path target = fs::canonical(file, error);
  const auto parted = std::mismatch(bounds.begin(), bounds.end(), target.begin(), target.end()).first;
  RIFT_REQUIRE(!error && parted == bounds.end(), Code::kArtefact,
               "{}: leads to {}, outside of {}; lay a copy of it there if it belongs to the model", file.string(),
               target.string(), bounds.string());
  RIFT_REQUIRE(fs::file_size(target, error) <= static_cast<uintmax_t>(kMaxCompanionBytes) && !error, Code::kArtefact,
               "{}: more than the {} bytes that a file beside the weights may have", file.string(), kMaxCompanionBytes);
}

}  // namespace rift::checkpoint
