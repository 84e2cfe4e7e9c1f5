#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/checkpoint/model_layout.h"
#include "rift/models/config_reader.h"
#include "rift/models/vision/image_architecture.h"
#include "rift/models/vision/image_encoder.h"
#include "rift/nn/activation.h"
#include "rift/nn/batch_norm.h"
#include "rift/nn/conv.h"

/// ResNet (arXiv:1512.03385), equal to transformers' ResNetForImageClassification and to torchvision's resnet18 to
/// resnet152: its v1.5, which puts the stride on a bottleneck's 3 x 3.
namespace rift::models {

/// basic: two 3 x 3;  bottleneck: 1 x 1 to a fourth of the channels, 3 x 3, 1 x 1.
enum class ResNetLayerType { kBasic, kBottleneck };
constexpr auto enum_names(ResNetLayerType) {
  return std::to_array<EnumName<ResNetLayerType>>(
      {{ResNetLayerType::kBasic, "basic"}, {ResNetLayerType::kBottleneck, "bottleneck"}});
}

/// config.json of a ResNet, under transformers' names (ResNetConfig).
struct ResNetOptions {
  int64_t num_channels = 3;
  int64_t embedding_size = 64;
  std::vector<int64_t> hidden_sizes = {256, 512, 1024, 2048};
  std::vector<int64_t> depths = {3, 4, 6, 3};
  ResNetLayerType layer_type = ResNetLayerType::kBottleneck;
  nn::Activation hidden_act = nn::Activation::kRelu;
  bool downsample_in_first_stage = false;
  bool downsample_in_bottleneck = false;

  template <class V>
  void visit(V& v) {
    v("num_channels", num_channels, "Channels of an image.", in_range(1, 4096));
    v("embedding_size", embedding_size, "Channels behind the first convolution.", in_range(1, kLargestSize));
    v("hidden_sizes", hidden_sizes, "Channels of each stage.", in_range(1, kLargestSize));
    v("depths", depths, "Residual blocks of each stage.", in_range(1, 1024));
    v("layer_type", layer_type, "Kind of the residual blocks.");
    v("hidden_act", hidden_act, "Function behind the normalisations.");
    v("downsample_in_first_stage", downsample_in_first_stage, "The first stage halves the image too.");
    v("downsample_in_bottleneck", downsample_in_bottleneck,
      "A bottleneck's stride is on its first 1 x 1 instead of its 3 x 3.");
  }
};

/// Throws as read_config() does, kArtefact when the two lists are not as long as each other.
ResNetOptions read_resnet_options(const Json& config, std::string_view source);

inline constexpr int64_t kBottleneckReduction = 4;  // of a bottleneck's channels in its midst

/// Layers are the residual blocks: "resnet.encoder.stages.2.layers.0".
class ResNetEncoder final : public ImageEncoder {
 public:
  ResNetEncoder(const ResNetOptions& options, nn::BatchNormMode batch_norm, nn::ParameterStore& store);

  const ImageSizes& sizes() const override { return sizes_; }
  std::span<const Pooling> poolings() const override;
  bool has_batch_norm() const override { return true; }
  std::vector<nn::LinearMap*> linear_maps() override;
  std::vector<std::string> lora_maps() const override { return {"convolution"}; }
  ScaledMaps scaled_maps() const override { return {{"convolution"}, {}}; }
  at::Tensor pool(const at::Tensor& features, Pooling pooling) const override;
  std::string describe_features(OnnxGraph& graph, const std::string& pixels) const override;
  std::string describe_pool(OnnxGraph& graph, const std::string& features, Pooling pooling) const override;

 private:
  /// Convolution and what normalises it.
  struct ConvNorm {
    nn::Conv2d convolution;
    nn::BatchNorm2d normalization;
  };
  struct Block {
    std::optional<ConvNorm> shortcut;
    std::vector<ConvNorm> layer;
  };
  struct BlockShape {
    int64_t in = 0;
    int64_t out = 0;
    int64_t stride = 1;
  };

  ConvNorm add_conv(const std::string& name, const nn::Conv2dShape& shape, int64_t stride);
  void add_block(const std::string& name, const BlockShape& shape);
  at::Tensor run_stage(int64_t stage, const at::Tensor& x, const ImagePass& pass) const override;
  at::Tensor run_conv(const ConvNorm& conv, const at::Tensor& x, const nn::LinearCall& call) const;
  std::string describe_block(OnnxGraph& graph, const Block& block, const std::string& x) const;

  ResNetOptions options_;
  nn::BatchNormOptions norm_;
  nn::ParameterStore& store_;
  ImageSizes sizes_;
  ConvNorm embedder_;
  std::vector<Block> blocks_;
};

/// torchvision's names of what an encoder has registered and of its classifier.
std::vector<checkpoint::Alias> torchvision_names(const nn::ParameterStore& store, const std::string& classifier);

/// The config.json of a state dict of torchvision's ResNets; nullopt for other weights. Throws kUnsupported for their
/// kin that are not implemented (ResNeXt, wide ResNets), kArtefact for one whose shapes fit no ResNet.
std::optional<Json> recognise_torchvision_resnet(std::span<const checkpoint::NamedShape> tensors,
                                                 std::string_view source);

extern const ImageArchitecture kResNet;

}  // namespace rift::models
