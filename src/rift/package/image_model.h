#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "rift/base/json.h"
#include "rift/checkpoint/archive.h"
#include "rift/models/vision/image_architecture.h"

namespace rift::package {

/// A pretrained image model: a model directory (config.json and weights), or a file of weights alone that is recognised
/// by the names and shapes in it (torchvision's ResNets, EfficientNet-lite0).
struct ImageModelSource {
  std::filesystem::path weights;
  std::shared_ptr<const checkpoint::format::TensorArchive> archive;  // open, nothing of it read
  Json config;                                                       // config.json, or what the weights say
  std::string config_file;                                           // names it in errors
  std::string architecture;                                          // of config.json: "ResNetForImageClassification"
  models::ImageModelDescription description;
};

/// Throws as open_hf_directory(), open_archive(), recognise_image_model() and describe_image_model() do.
/// checkpoint::load_model() takes `archive` and `description.layout`.
ImageModelSource open_image_model(const std::filesystem::path& path);

}  // namespace rift::package
