#include "rift/package/image_model.h"

#include "rift/base/error.h"
#include "rift/checkpoint/hf_directory.h"

namespace rift::package {

namespace fs = std::filesystem;

namespace {

/// What weights alone are. They may be a directory's, whose config.json says what their names and shapes do not.
Json recognise(const fs::path& file, const checkpoint::format::TensorArchive& weights) {
  try {
    return models::recognise_image_model(checkpoint::shapes_of(weights), file.string());
  } catch (const Error& error) {
    const fs::path directory = fs::absolute(file).parent_path();
    std::error_code ignored;
    if (error.code() == Code::kBug || !fs::is_regular_file(directory / "config.json", ignored)) throw;
    RIFT_FAIL(error.code(), "{}; config.json lies beside it: name the directory, {}", error.message(),
              directory.string());
  }
}

}  // namespace

ImageModelSource open_image_model(const fs::path& path) {
  ImageModelSource source;
  if (std::error_code ignored; fs::is_regular_file(path, ignored)) {
    source.weights = path;
    source.archive = checkpoint::open_archive(path);
    source.config_file = path.string();
    source.config = recognise(path, *source.archive);
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
