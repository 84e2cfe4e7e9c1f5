#include "rift/base/places.h"

#include "rift/base/files.h"
#include "rift/base/posix_file.h"

namespace rift {

namespace fs = std::filesystem;

bool is_file_there(const fs::path& path) {
  std::error_code ignored;
  return is_there(path) && fs::is_regular_file(path, ignored);
}

void require_place_for(const fs::path& result) { require_writable_directory(posix::parent_of(result)); }

}  // namespace rift
