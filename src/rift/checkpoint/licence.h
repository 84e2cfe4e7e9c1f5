#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rift::checkpoint {

/// Under which terms a pretrained model may be passed on, as far as its directory says.
struct Licence {
  std::string name;                          // `license:` of its model card (README.md), "" = not stated
  std::vector<std::filesystem::path> files;  // the texts beside it (LICENSE*, NOTICE*, COPYING*), by name

  bool is_stated() const { return !name.empty() || !files.empty(); }
};

/// Looks into `directory` alone, not into its folders. Files of more than 1 MiB are passed over.
Licence find_licence(const std::filesystem::path& directory);

}  // namespace rift::checkpoint
