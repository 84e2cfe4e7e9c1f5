#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/models/config_reader.h"
#include "rift/models/layer_pass.h"
#include "rift/models/vision/image_architecture.h"
#include "rift/models/vision/image_encoder.h"
#include "rift/nn/activation.h"
#include "rift/nn/conv.h"
#include "rift/nn/layer_norm.h"
#include "rift/nn/linear.h"

/// Vision transformer (arXiv:2010.11929), equal to transformers' ViTModel and ViTForImageClassification.
namespace rift::models {

/// config.json of a ViT, under transformers' names (ViTConfig).
struct ViTOptions {
  int64_t hidden_size = 768;
  int64_t num_hidden_layers = 12;
  int64_t num_attention_heads = 12;
  int64_t intermediate_size = 3072;
  nn::Activation hidden_act = nn::Activation::kGelu;
  double hidden_dropout_prob = 0;
  double attention_probs_dropout_prob = 0;
  double initializer_range = 0.02;
  double layer_norm_eps = 1e-12;
  int64_t image_size = 224;
  int64_t patch_size = 16;
  int64_t num_channels = 3;
  bool qkv_bias = true;
  std::optional<int64_t> pooler_output_size;
  nn::Activation pooler_act = nn::Activation::kTanh;

  template <class V>
  void visit(V& v) {
    v("hidden_size", hidden_size, "Width of a state.", in_range(1, kLargestSize));
    v("num_hidden_layers", num_hidden_layers, "Layers.", in_range(1, 1024));
    v("num_attention_heads", num_attention_heads, "Heads; divides hidden_size.", in_range(1, kLargestSize));
    v("intermediate_size", intermediate_size, "Width of the feed-forward part.", in_range(1, kLargestSize));
    v("hidden_act", hidden_act, "Function of the feed-forward part.");
    v("hidden_dropout_prob", hidden_dropout_prob, "Dropout of states.", in_half_open(0, 1));
    v("attention_probs_dropout_prob", attention_probs_dropout_prob, "Dropout of attention weights.",
      in_half_open(0, 1));
    v("initializer_range", initializer_range, "Standard deviation of new weights.", at_least(0));
    v("layer_norm_eps", layer_norm_eps, "Added to the variance in LayerNorm.", positive());
    v("image_size", image_size, "Pixels of both sides of an image.", in_range(1, 16384));
    v("patch_size", patch_size, "Pixels of both sides of a patch.", in_range(1, 16384));
    v("num_channels", num_channels, "Channels of an image.", in_range(1, 4096));
    v("qkv_bias", qkv_bias, "Maps of query, key and value have biases.");
    v("pooler_output_size", pooler_output_size, "Width behind the pooler; hidden_size.", in_range(1, kLargestSize));
    v("pooler_act", pooler_act, "Function of the pooler.");
  }
};

/// Throws as read_config() does, kArtefact when heads or patches do not divide what they should, kUnsupported for a
/// pooler of another width.
ViTOptions read_vit_options(const Json& config, std::string_view source);

/// An image's patches and its class token are a row of states: attention, linear maps and adapters are those of texts.
class ViTEncoder final : public ImageEncoder {
 public:
  ViTEncoder(const ViTOptions& options, nn::ParameterStore& store);

  const ImageSizes& sizes() const override { return sizes_; }
  /// kCls: the class token's state;  kPooler: the pooler on it;  kMean: the mean of the patches' states.
  std::span<const Pooling> poolings() const override;
  bool has_batch_norm() const override { return false; }
  std::vector<nn::LinearMap*> linear_maps() override;
  std::vector<std::string> lora_maps() const override { return {"query", "value"}; }
  ScaledMaps scaled_maps() const override { return {{"key", "value", "output.dense"}, {"output.dense"}}; }
  std::string why_no_additions() const override { return ""; }
  at::Tensor pool(const at::Tensor& features, Pooling pooling) const override;
  std::string describe_features(OnnxGraph& graph, const std::string& pixels) const override;
  std::string describe_pool(OnnxGraph& graph, const std::string& features, Pooling pooling) const override;

 private:
  struct Layer {
    nn::LayerNorm attention_norm;
    nn::Linear query;
    nn::Linear key;
    nn::Linear value;
    nn::Linear attention_output;
    nn::LayerNorm feed_forward_norm;
    nn::Linear intermediate;
    nn::Linear output;
  };

  void add_layer(nn::ParameterStore& store, const std::string& name);
  at::Tensor run_stage(int64_t stage, const at::Tensor& x, const ImagePass& pass) const override;
  at::Tensor embed(const at::Tensor& pixels, const ImagePass& pass) const;
  at::Tensor run_layer(const Layer& layer, const at::Tensor& x, const LayerPass& pass) const;
  at::Tensor attend(const Layer& layer, const at::Tensor& x, const LayerPass& pass) const;
  std::string describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x) const;

  ViTOptions options_;
  ImageSizes sizes_;
  const nn::Parameter* class_token_ = nullptr;  // [1,1,D]
  const nn::Parameter* positions_ = nullptr;    // [1,T,D]
  nn::Conv2d projection_;
  std::vector<Layer> layers_;
  nn::LayerNorm last_norm_;
};

extern const ImageArchitecture kViT;

}  // namespace rift::models
