#pragma once

#include <filesystem>

namespace rift {

/// How a staged directory takes the place of an older one.
enum class Swap {
  kAtOnce,    ///< both names are exchanged in one system call; where the file system cannot, as kSetAside
  kSetAside,  ///< the older one is renamed first: killed in between, the target is missing until the next tidy_up()
};

/// `stage`, flushed file by file, becomes `target`; an older target is removed afterwards.
void publish_directory(const std::filesystem::path& stage, const std::filesystem::path& target,
                       Swap swap = Swap::kAtOnce);

}  // namespace rift
