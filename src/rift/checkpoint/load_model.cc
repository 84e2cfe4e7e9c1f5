#include "rift/checkpoint/load_model.h"

namespace rift::checkpoint {

LoadedModel load_model(const format::TensorArchive& file, const ModelLayout& layout, const NameMapOptions& options) {
  LoadedModel model;
  model.names = map_names(file.tensors(), layout, options, file.file_name());
  for (const auto& entry : model.names.loaded) {
    const at::Tensor tensor = read_tensor(file, file.at(entry.file_name), {.floats_as_f32 = true});
    model.tensors.emplace(entry.name, entry.transposed ? tensor.t() : tensor);
  }
  return model;
}

LoadedModel load_model(const HfDirectory& directory, const ModelLayout& layout, NameMapOptions options) {
  options.architecture = directory.architecture();
  return load_model(*open_weights(directory), layout, options);
}

}  // namespace rift::checkpoint
