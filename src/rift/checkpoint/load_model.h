#pragma once

#include <map>
#include <set>
#include <string>

#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/name_map.h"
#include "rift/checkpoint/stored_matrix.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::checkpoint {

struct LoadedModel {
  TensorMap tensors;                           // canonical names, every float as f32
  std::map<std::string, StoredMatrix> stored;  // of `keep_stored` those that their file holds as blocks; not in tensors
  NameMap names;                               // what was loaded, dropped, renamed, and which head is to be made
};

/// Reads the file's tensors under canonical names. Throws as map_names() and read_tensor() do.
/// `keep_stored`: canonical names of matrices that are to stay in the form of their file, where that is blocks of GGUF.
LoadedModel load_model(const format::TensorArchive& file, const ModelLayout& layout, const NameMapOptions& options,
                       const std::set<std::string>& keep_stored = {});

/// Reads a model directory's weights under canonical names; `options.architecture` is taken from config.json. Throws as
/// weights_file(), open_archive() and map_names() do.
LoadedModel load_model(const HfDirectory& directory, const ModelLayout& layout, NameMapOptions options = {},
                       const std::set<std::string>& keep_stored = {});

}  // namespace rift::checkpoint
