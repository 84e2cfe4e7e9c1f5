#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "models/tiny_model.h"
#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/load_model.h"
#include "rift/checkpoint/model_directory.h"
#include "rift/models/vision/image_classifier.h"

namespace rift::test {

/// Image models with a fixture of tools/fixtures/models/vision_golden.py.
inline constexpr const char* kTinyImageModels[] = {"resnet_basic", "resnet_bottleneck", "resnet_early", "vit",
                                                   "efficientnet_lite"};

inline std::string image_folder(const std::string& name) { return "tests/models/fixtures/tiny_" + name; }

/// What a classifier is made from: a model directory's, or those of a state dict's file alone.
struct ImageModelParts {
  Json config;
  checkpoint::ModelLayout layout;
  checkpoint::LoadedModel loaded;
};

inline ImageModelParts image_parts(const std::filesystem::path& path, int64_t outputs) {
  ImageModelParts parts;
  const bool is_file = !std::filesystem::is_directory(path);
  const auto directory = is_file ? checkpoint::HfDirectory{} : checkpoint::open_hf_directory(path);
  std::shared_ptr<const checkpoint::format::TensorArchive> archive =
      checkpoint::open_archive(is_file ? path : checkpoint::weights_file(directory));
  parts.config =
      is_file ? models::recognise_image_model(checkpoint::shapes_of(*archive), path.string()) : directory.config;
  parts.layout = models::describe_image_model(parts.config, "config.json").layout;
  parts.loaded =
      checkpoint::load_model(archive, parts.layout, {.architecture = directory.architecture(), .num_labels = outputs});
  return parts;
}

inline std::unique_ptr<models::ImageClassifier> image_classifier(const std::filesystem::path& path,
                                                                 models::ImageClassifierOptions options = {}) {
  const ImageModelParts parts = image_parts(path, options.outputs);
  options.config = parts.config;
  return std::make_unique<models::ImageClassifier>(options, parts.loaded.tensors);
}

/// What a directory of this model is written from.
inline checkpoint::ModelDirectorySpec image_directory(const std::filesystem::path& path,
                                                      const models::ImageClassifier& model) {
  const ImageModelParts parts = image_parts(path, model.outputs());
  checkpoint::ModelDirectorySpec spec;
  spec.base.config = parts.config;
  if (std::filesystem::is_directory(path)) spec.base = checkpoint::open_hf_directory(path);
  spec.layout = parts.layout;
  spec.tensors = model.merged_tensors();
  spec.pooling = name_of(model.pooling());
  spec.task = model.outputs() == 1 ? checkpoint::HeadTask::kBinary : checkpoint::HeadTask::kMulticlass;
  for (int64_t i = 0; i < model.outputs(); ++i) spec.labels.push_back("class " + std::to_string(i));
  return spec;
}

/// The pixels of the generator, rows `picked` (all when empty), row number as row key.
inline models::ImageBatch golden_images(const Json& golden, std::vector<int64_t> picked = {},
                                        at::ScalarType dtype = at::kFloat) {
  const auto rows = static_cast<int64_t>(golden.at("targets").size());
  const int64_t height = golden.at("size").at(size_t{0}).as_int(), width = golden.at("size").at(size_t{1}).as_int();
  const at::Tensor index = at::arange(rows * 3 * height * width, at::kDouble);
  const at::Tensor all = ((index.pow(1.1) * 0.7).sin() * 1.5).to(at::kFloat).to(dtype).view({rows, 3, height, width});
  if (picked.empty()) {
    picked.resize(static_cast<size_t>(rows));
    std::iota(picked.begin(), picked.end(), int64_t{0});
  }
  std::vector<at::Tensor> chosen;
  models::ImageBatch batch;
  for (const int64_t row : picked) {
    chosen.push_back(all[row]);
    batch.row_keys.push_back(static_cast<uint64_t>(row));
  }
  batch.pixels = at::stack(chosen);
  return batch;
}

}  // namespace rift::test
