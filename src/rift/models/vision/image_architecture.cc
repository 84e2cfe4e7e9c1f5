#include "rift/models/vision/image_architecture.h"

#include <fmt/ranges.h>

#include <vector>

#include "rift/base/error.h"
#include "rift/models/vision/efficientnet_lite.h"
#include "rift/models/vision/resnet.h"
#include "rift/models/vision/vit.h"

namespace rift::models {

namespace {

constexpr const ImageArchitecture* kImageArchitectures[] = {&kResNet, &kViT, &kEfficientNetLite};

const ImageArchitecture* find_image_architecture(const Json& config) {
  const Json* type = config.find("model_type");
  if (type == nullptr || !type->is_string()) return nullptr;
  for (const ImageArchitecture* architecture : kImageArchitectures) {
    if (architecture->model_type == type->as_string()) return architecture;
  }
  return nullptr;
}

std::vector<checkpoint::NamedBuffer> buffers_of(const nn::ParameterStore& store) {
  std::vector<checkpoint::NamedBuffer> buffers;
  for (const auto& [name, value] : store.buffers()) {
    buffers.push_back({name, value.sizes().vec(), value.scalar_type() == at::kLong});
  }
  return buffers;
}

}  // namespace

std::span<const ImageArchitecture* const> image_architectures() { return kImageArchitectures; }

bool is_image_model(const Json& config) { return find_image_architecture(config) != nullptr; }

const ImageArchitecture& image_architecture_of(const Json& config, std::string_view source) {
  const ImageArchitecture* found = find_image_architecture(config);
  if (found != nullptr) return *found;
  std::vector<std::string_view> known;
  for (const ImageArchitecture* architecture : kImageArchitectures) known.push_back(architecture->model_type);
  const Json* type = config.find("model_type");
  RIFT_FAIL(Code::kUnsupported, "{}: model_type: of images this build runs {}, got '{}'; take a model of one of these",
            source, fmt::join(known, ", "), type != nullptr && type->is_string() ? shorten(type->as_string()) : "");
}

Json recognise_image_model(std::span<const checkpoint::NamedShape> tensors, const std::string& source) {
  for (const ImageArchitecture* architecture : kImageArchitectures) {
    if (architecture->recognise == nullptr) continue;
    if (std::optional<Json> config = architecture->recognise(tensors, source)) return *std::move(config);
  }
  RIFT_FAIL(Code::kUnsupported,
            "{}: weights without a config.json; by their names this build recognises torchvision's ResNets and "
            "EfficientNet-lite0; put the config.json of another model beside it",
            source);
}

ImageModelDescription describe_image_model(const Json& config, const std::string& source) {
  const ImageArchitecture& architecture = image_architecture_of(config, source);
  nn::ParameterStore store;  // never sealed: no memory for weights
  const BuiltImageEncoder built = architecture.build({.config = config, .source = source}, store);
  ImageModelDescription description{.layout = {.title = std::string(architecture.title),
                                               .class_name = std::string(architecture.class_name),
                                               .base_prefix = std::string(architecture.base_prefix),
                                               .encoder = shapes_since(store, 0),
                                               .buffers = buffers_of(store),
                                               .pooler = {},
                                               .classifier = built.head.classifier,
                                               .width = built.encoder->sizes().width,
                                               .unused = {architecture.unused.begin(), architecture.unused.end()},
                                               .head_class = "ForImageClassification",
                                               .head_pooling = std::string(name_of(built.encoder->poolings().front())),
                                               .reads_text = false,
                                               .aliases = built.aliases},
                                    .sizes = built.encoder->sizes()};
  const size_t encoder = store.parameters().size();
  if (!built.head.pooler.empty()) Pooler::add_to(store, built.head, built.encoder->sizes().width);
  description.layout.pooler = shapes_since(store, encoder);
  return description;
}

}  // namespace rift::models
