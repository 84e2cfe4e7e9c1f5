#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rift::checkpoint {

/// Under which terms a pretrained model may be passed on, as far as its directory says.
struct Licence {
  std::string name;                          // `license:` of its model card (README.md), "" = not stated
  std::vector<std::filesystem::path> files;  // the texts beside it, by name: see find_licence()
};

/// Looks into `directory` alone, not into its folders. Texts are the files with LICENSE, LICENCE, NOTICE or COPYING
/// anywhere in their name, in any case; those of more than 1 MiB are passed over. Nothing found: both members are
/// empty.
Licence find_licence(const std::filesystem::path& directory);

}  // namespace rift::checkpoint
