#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/name_map.h"
#include "rift/checkpoint/stored_matrix.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/tensor/lazy_tensors.h"

namespace rift::checkpoint {

struct LoadedModel {
  tensor::LazyTensors tensors;                 // canonical names, every float as f32; read from the open file
  std::map<std::string, StoredMatrix> stored;  // of `keep_stored` those that their file holds as blocks; not in tensors
  NameMap names;                               // what was loaded, dropped, renamed, and which head is to be made
};

/// The file's tensors under canonical names, to be read one by one. Throws as map_names() does, and reading a tensor as
/// read_tensor() does. `keep_stored`: canonical names of matrices that are to stay in the form of their file, where
/// that is blocks of GGUF; they are read here.
LoadedModel load_model(std::shared_ptr<const format::TensorArchive> file, const ModelLayout& layout,
                       const NameMapOptions& options, const std::set<std::string>& keep_stored = {});

/// A model directory's weights under canonical names; `options.architecture` is taken from config.json. Throws as
/// weights_file(), open_archive() and map_names() do.
LoadedModel load_model(const HfDirectory& directory, const ModelLayout& layout, NameMapOptions options = {},
                       const std::set<std::string>& keep_stored = {});

}  // namespace rift::checkpoint
