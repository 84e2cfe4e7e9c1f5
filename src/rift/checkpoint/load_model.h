#pragma once

#include "rift/checkpoint/bert_shapes.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/name_map.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::checkpoint {

struct LoadedModel {
  TensorMap tensors;  // canonical names, every float as f32
  NameMap names;      // what was loaded, dropped, renamed, and which head is to be made
  BertShape shape;
};

/// Reads a BERT's weights under canonical names; `options.architecture` is taken from config.json. Throws as
/// weights_file(), open_archive(), read_bert_shape() and map_bert_names() do.
LoadedModel load_bert(const HfDirectory& directory, NameMapOptions options = {});

}  // namespace rift::checkpoint
