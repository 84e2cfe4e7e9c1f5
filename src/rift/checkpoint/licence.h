#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rift/checkpoint/hf_directory.h"

namespace rift::checkpoint {

/// Under which terms a pretrained model may be passed on, as far as its directory says.
struct Licence {
  std::string name;                          // as its model card (README.md) or its file states it, "" = not stated
  std::string stated_in;                     // "README.md", "general.license of model.gguf"; "" = nowhere
  std::vector<std::filesystem::path> files;  // the texts beside it, by name: see find_licence()
};

/// Whether a file of this name is one of them.
bool is_licence_name(std::string name);

/// Looks into `directory` alone, not into its folders. Texts are the files with LICENSE, LICENCE, NOTICE or COPYING
/// anywhere in their name, in any case; those of more than 1 MiB are passed over. Nothing found: both members are
/// empty. Throws kArtefact for such a file, or README.md, that is a link to nothing or to itself.
Licence find_licence(const std::filesystem::path& directory);

/// Of a model. Where no model card names a licence, a GGUF file may (general.license); beside a single file nothing is
/// looked for, as it may lie anywhere.
Licence find_licence(const HfDirectory& model);

}  // namespace rift::checkpoint
