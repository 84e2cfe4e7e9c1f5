#include <fmt/ranges.h>

#include <map>

#include "rift/models/vision/resnet.h"

// torchvision's names of a ResNet: conv1, bn1, layer1.0.conv1, ..., layer2.0.downsample.0, fc.
namespace rift::models {

namespace {

using checkpoint::NamedShape;

/// Takes "<text>N." off the front and gives N.
int64_t take_number(std::string_view& name, std::string_view text) {
  RIFT_CHECK(name.starts_with(text));
  name.remove_prefix(text.size());
  const size_t dot = name.find('.');
  const int64_t number = std::stoll(std::string(name.substr(0, dot)));
  name.remove_prefix(dot + 1);
  return number;
}

/// "convolution.weight" -> "<convolution>.weight", "normalization.bias" -> "<normalization>.bias".
std::string with_modules(std::string_view rest, std::string_view convolution, std::string_view normalization) {
  const size_t dot = rest.find('.');
  const bool is_conv = rest.substr(0, dot) == "convolution";
  return std::string(is_conv ? convolution : normalization) + std::string(rest.substr(dot));
}

std::string torchvision_name(std::string_view name) {
  constexpr std::string_view kStem = "resnet.embedder.embedder.";
  if (name.starts_with(kStem)) return with_modules(name.substr(kStem.size()), "conv1", "bn1");
  const int64_t stage = take_number(name, "resnet.encoder.stages.");
  const int64_t block = take_number(name, "layers.");
  const std::string before = fmt::format("layer{}.{}.", stage + 1, block);
  constexpr std::string_view kShortcut = "shortcut.";
  if (name.starts_with(kShortcut)) {
    return before + with_modules(name.substr(kShortcut.size()), "downsample.0", "downsample.1");
  }
  const int64_t conv = take_number(name, "layer.") + 1;
  return before + with_modules(name, fmt::format("conv{}", conv), fmt::format("bn{}", conv));
}

/// A state dict's tensors by name, without what DataParallel puts before it.
class StateDict {
 public:
  explicit StateDict(std::span<const NamedShape> tensors) {
    for (const NamedShape& tensor : tensors) {
      std::string_view name = tensor.name;
      if (name.starts_with("module.")) name.remove_prefix(7);
      by_name_.emplace(name, &tensor);
    }
  }
  const NamedShape* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  bool has(const std::string& name) const { return find(name) != nullptr; }

 private:
  std::map<std::string_view, const NamedShape*> by_name_;
};

std::string shape_text(const std::vector<int64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

const NamedShape& kernel_at(const StateDict& dict, const std::string& name, std::string_view source) {
  const NamedShape* found = dict.find(name);
  RIFT_REQUIRE(found != nullptr && found->shape.size() == 4, Code::kArtefact,
               "{}: tensor '{}': expected a convolution of torchvision's ResNets, got {}", source, name,
               found == nullptr ? "none" : shape_text(found->shape));
  return *found;
}

/// ResNeXt's 3 x 3 reads one group only; a wide ResNet's has more than a fourth of the channels.
void require_plain_bottleneck(const StateDict& dict, const std::string& block, std::string_view source) {
  const NamedShape& middle = kernel_at(dict, block + "conv2.weight", source);
  const int64_t out = kernel_at(dict, block + "conv3.weight", source).shape[0];
  RIFT_REQUIRE(middle.shape[0] == middle.shape[1] && middle.shape[0] == out / kBottleneckReduction, Code::kUnsupported,
               "{}: tensor '{}' {}: a bottleneck of {} channels has {} in its midst; ResNeXt and wide ResNets are not "
               "implemented",
               source, middle.name, shape_text(middle.shape), out, out / kBottleneckReduction);
}

}  // namespace

std::vector<checkpoint::Alias> torchvision_names(const nn::ParameterStore& store, const std::string& classifier) {
  std::vector<checkpoint::Alias> names;
  for (const nn::Parameter& parameter : store.parameters()) {
    names.push_back({torchvision_name(parameter.name), parameter.name});
  }
  for (const auto& [name, buffer] : store.buffers()) names.push_back({torchvision_name(name), name});
  for (const char* part : {".weight", ".bias"}) names.push_back({std::string("fc") + part, classifier + part});
  return names;
}

std::optional<Json> recognise_torchvision_resnet(std::span<const NamedShape> tensors, std::string_view source) {
  const StateDict dict(tensors);
  if (!dict.has("conv1.weight") || !dict.has("layer1.0.conv1.weight")) return std::nullopt;
  const bool is_bottleneck = dict.has("layer1.0.conv3.weight");
  ResNetOptions options;
  const NamedShape& stem = kernel_at(dict, "conv1.weight", source);
  options.embedding_size = stem.shape[0];
  options.num_channels = stem.shape[1];
  options.layer_type = is_bottleneck ? ResNetLayerType::kBottleneck : ResNetLayerType::kBasic;
  options.hidden_sizes.clear();
  options.depths.clear();
  for (int64_t stage = 1; dict.has(fmt::format("layer{}.0.conv1.weight", stage)); ++stage) {
    const std::string first = fmt::format("layer{}.0.", stage);
    if (is_bottleneck) require_plain_bottleneck(dict, first, source);
    options.hidden_sizes.push_back(
        kernel_at(dict, first + (is_bottleneck ? "conv3.weight" : "conv2.weight"), source).shape[0]);
    int64_t depth = 1;
    while (dict.has(fmt::format("layer{}.{}.conv1.weight", stage, depth))) ++depth;
    options.depths.push_back(depth);
  }
  Json config = write_options(options);
  config["model_type"] = "resnet";
  return config;
}

}  // namespace rift::models
