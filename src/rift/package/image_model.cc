#include "rift/package/image_model.h"

#include "rift/checkpoint/hf_directory.h"

namespace rift::package {

namespace fs = std::filesystem;

ImageModelSource open_image_model(const fs::path& path) {
  ImageModelSource source;
  if (std::error_code ignored; fs::is_regular_file(path, ignored)) {
    source.weights = path;
    source.archive = checkpoint::open_archive(path);
    source.config_file = path.string();
    source.config = models::recognise_image_model(checkpoint::shapes_of(*source.archive), source.config_file);
  } else {
    const checkpoint::HfDirectory directory = checkpoint::open_hf_directory(path);
    source.weights = checkpoint::weights_file(directory);
    source.archive = checkpoint::open_weights(directory);
    source.config_file = directory.config_path().string();
    source.config = directory.config;
    source.architecture = directory.architecture();
  }
  source.description = models::describe_image_model(source.config, source.config_file);
  return source;
}

}  // namespace rift::package
