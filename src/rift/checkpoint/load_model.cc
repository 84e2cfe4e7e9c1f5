#include "rift/checkpoint/load_model.h"

namespace rift::checkpoint {

LoadedModel load_bert(const HfDirectory& directory, NameMapOptions options) {
  LoadedModel model;
  model.shape = read_bert_shape(directory.config, directory.config_path().string());
  const auto file = open_archive(weights_file(directory));
  options.architecture = directory.architecture();
  model.names = map_bert_names(file->tensors(), model.shape, options, file->file_name());
  for (const auto& entry : model.names.loaded) {
    model.tensors.emplace(entry.name, read_tensor(*file, file->at(entry.file_name), {.floats_as_f32 = true}));
  }
  return model;
}

}  // namespace rift::checkpoint
