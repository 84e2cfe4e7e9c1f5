#pragma once

#include <filesystem>

#include "rift/base/posix_file.h"

/// Temporary files and directories beside the target that they will become: ".<name>.tmp-<pid>-<n>". The maker holds a
/// lock on them (flock) as long as it lives, so that a later process knows whether what it finds is a left-over; a
/// process number would not tell, for it may be another process's by then.
namespace rift::temporary {

struct Owned {
  std::filesystem::path path;
  posix::Descriptor lock;  // open on the file itself, for writing; on a directory, for reading
};

Owned create_file(const std::filesystem::path& target);
Owned create_directory(const std::filesystem::path& target);

/// ".<name>.old-<pid>-<n>": where an older target waits while the new one takes its place. Nothing is created.
std::filesystem::path aside_name(const std::filesystem::path& target);

/// Locks what lies at `path` for as long as the result lives; not open when it does not exist or another holds it.
posix::Descriptor lock(const std::filesystem::path& path);

/// Removes a directory that others read, so that none sees it half removed, also when this process is killed meanwhile:
/// it takes a temporary name first, which tidy_up() knows. Failures are left for the next time.
void discard_directory(const std::filesystem::path& target);

/// Removes what dead processes left beside `target`; an older target that they had set aside comes back when the target
/// is gone. Failures are left for the next time.
void tidy_up(const std::filesystem::path& target);

}  // namespace rift::temporary
