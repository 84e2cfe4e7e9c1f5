#pragma once

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
#include "rift/nn/batch_norm.h"
#include "rift/nn/conv.h"

/// EfficientNet-lite (arXiv:1905.11946 without squeeze-and-excitation, with ReLU6), equal to the model of the PyTorch
/// package efficientnet_lite_pytorch, whose names it has; lite0 by default. transformers has no such class.
namespace rift::models {

/// Inverted bottlenecks of one kind, the first of which has the stride.
struct EfficientNetStage {
  int64_t repeats = 1;
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t expansion = 6;  // of the channels, within a block
  int64_t out = 0;

  template <class V>
  void visit(V& v) {
    v("repeats", repeats, "Blocks.", in_range(1, 1024));
    v("kernel", kernel, "Size of the depthwise convolution.", in_range(1, 1024));
    v("stride", stride, "Stride of the first block.", in_range(1, 2));
    v("expansion", expansion, "Channels within a block for each of its input.", in_range(1, 1024));
    v("out", out, "Channels behind each block.", in_range(1, kLargestSize));
  }
};

/// rift's own config.json: the package keeps its sizes in code.
struct EfficientNetLiteOptions {
  int64_t num_channels = 3;
  int64_t stem = 32;
  std::vector<EfficientNetStage> stages = {{1, 3, 1, 1, 16},  {2, 3, 2, 6, 24},  {2, 5, 2, 6, 40}, {3, 3, 2, 6, 80},
                                           {3, 5, 1, 6, 112}, {4, 5, 2, 6, 192}, {1, 3, 1, 6, 320}};
  int64_t head = 1280;
  double dropout_rate = 0.2;
  double drop_connect_rate = 0.2;
  double batch_norm_epsilon = 1e-3;
  double batch_norm_momentum = 0.01;

  template <class V>
  void visit(V& v) {
    v("num_channels", num_channels, "Channels of an image.", in_range(1, 4096));
    v("stem", stem, "Channels behind the first convolution.", in_range(1, kLargestSize));
    v("stages", stages, "Inverted bottlenecks.");
    v("head", head, "Channels of the features.", in_range(1, kLargestSize));
    v("dropout_rate", dropout_rate, "Dropout before the classifier.", in_half_open(0, 1));
    v("drop_connect_rate", drop_connect_rate, "How often training leaves out the last residual block; less below.",
      in_half_open(0, 1));
    v("batch_norm_epsilon", batch_norm_epsilon, "Added to the variance.", positive());
    v("batch_norm_momentum", batch_norm_momentum, "Weight of a batch in the running statistics.", in_range(0, 1));
  }
};

/// Throws as read_config() does, kArtefact without stages.
EfficientNetLiteOptions read_efficientnet_lite_options(const Json& config, std::string_view source);

/// Layers are the blocks, "_blocks.3", and on top of them "_conv_head".
class EfficientNetLiteEncoder final : public ImageEncoder {
 public:
  EfficientNetLiteEncoder(const EfficientNetLiteOptions& options, nn::BatchNormMode batch_norm,
                          nn::ParameterStore& store);

  const ImageSizes& sizes() const override { return sizes_; }
  std::span<const Pooling> poolings() const override;
  bool has_batch_norm() const override { return true; }
  std::vector<nn::LinearMap*> linear_maps() override;
  /// The convolutions of 1 x 1: LoRA takes none that is depthwise.
  std::vector<std::string> lora_maps() const override { return {"_expand_conv", "_project_conv"}; }
  ScaledMaps scaled_maps() const override { return {{"_expand_conv", "_project_conv"}, {}}; }
  at::Tensor pool(const at::Tensor& features, Pooling pooling) const override;
  std::string describe_features(OnnxGraph& graph, const std::string& pixels) const override;
  std::string describe_pool(OnnxGraph& graph, const std::string& features, Pooling pooling) const override;

 private:
  struct ConvNorm {
    nn::Conv2d conv;
    nn::BatchNorm2d norm;
  };
  struct Block {
    std::optional<ConvNorm> expand;
    ConvNorm depthwise;
    ConvNorm project;
    bool has_skip = false;
    double drop_rate = 0;  // drop connect: how often training leaves the block out
  };
  struct ConvNames {
    std::string conv;
    std::string norm;
  };

  ConvNorm add_conv(const ConvNames& names, const nn::Conv2dShape& shape, int64_t stride = 1, int64_t groups = 1);
  void add_block(const EfficientNetStage& stage, int64_t in, int64_t stride);
  at::Tensor run_stage(int64_t stage, const at::Tensor& x, const ImagePass& pass) const override;
  at::Tensor run_block(const Block& block, const at::Tensor& x, const nn::LinearCall& call) const;

  nn::BatchNormOptions norm_;
  nn::ParameterStore& store_;
  ImageSizes sizes_;
  ConvNorm stem_;
  std::vector<Block> blocks_;
  ConvNorm head_;
};

/// The config.json of the package's weights of lite0; nullopt for other weights. Throws kUnsupported for other members
/// of the family.
std::optional<Json> recognise_efficientnet_lite(std::span<const checkpoint::NamedShape> tensors,
                                                std::string_view source);

extern const ImageArchitecture kEfficientNetLite;

}  // namespace rift::models
