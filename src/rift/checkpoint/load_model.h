#pragma once

#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/name_map.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::checkpoint {

struct LoadedModel {
  TensorMap tensors;  // canonical names, every float as f32
  NameMap names;      // what was loaded, dropped, renamed, and which head is to be made
};

/// Reads the file's tensors under canonical names. Throws as map_names() and read_tensor() do.
LoadedModel load_model(const format::TensorArchive& file, const ModelLayout& layout, const NameMapOptions& options);

/// Reads a model directory's weights under canonical names; `options.architecture` is taken from config.json. Throws as
/// weights_file(), open_archive() and map_names() do.
LoadedModel load_model(const HfDirectory& directory, const ModelLayout& layout, NameMapOptions options = {});

}  // namespace rift::checkpoint
