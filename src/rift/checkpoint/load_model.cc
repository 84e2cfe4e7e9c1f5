#include "rift/checkpoint/load_model.h"

namespace rift::checkpoint {

LoadedModel load_model(const HfDirectory& directory, const ModelLayout& layout, NameMapOptions options) {
  LoadedModel model;
  const auto file = open_weights(directory);
  options.architecture = directory.architecture();
  model.names = map_names(file->tensors(), layout, options, file->file_name());
  for (const auto& entry : model.names.loaded) {
    model.tensors.emplace(entry.name, read_tensor(*file, file->at(entry.file_name), {.floats_as_f32 = true}));
  }
  return model;
}

}  // namespace rift::checkpoint
