#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/enum_names.h"
#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/models/architecture.h"
#include "rift/models/config_reader.h"
#include "rift/models/layer_pass.h"
#include "rift/nn/activation.h"
#include "rift/nn/attention.h"
#include "rift/nn/embedding.h"
#include "rift/nn/layer_norm.h"
#include "rift/nn/rotary.h"

/// ModernBERT (arXiv:2412.13663), equal to transformers' ModernBertForSequenceClassification.
namespace rift::models {

/// What the head that transformers' class has reads.
enum class ClassifierPooling { kCls, kMean };
constexpr auto enum_names(ClassifierPooling) {
  return std::to_array<EnumName<ClassifierPooling>>(
      {{ClassifierPooling::kCls, "cls"}, {ClassifierPooling::kMean, "mean"}});
}

/// config.json of a ModernBERT, under transformers' names (ModernBertConfig).
struct ModernBertOptions {
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t max_position_embeddings = 0;
  nn::Activation hidden_activation = nn::Activation::kGelu;
  double norm_eps = 1e-5;
  double global_rope_theta = 160000.0;
  std::optional<double> local_rope_theta = 10000.0;  // global_rope_theta where it is null
  int64_t global_attn_every_n_layers = 3;
  int64_t local_attention = 128;
  double attention_dropout = 0.0;
  double embedding_dropout = 0.0;
  double mlp_dropout = 0.0;
  ClassifierPooling classifier_pooling = ClassifierPooling::kCls;
  nn::Activation classifier_activation = nn::Activation::kGelu;
  double classifier_dropout = 0.0;
  bool decoder_bias = true;
  double initializer_range = 0.02;
  std::optional<double> initializer_cutoff_factor = 2.0;  // 3 where it is null

  template <class V>
  void visit(V& v) {
    v("vocab_size", vocab_size, "Rows of the token embeddings.", in_range(1, kLargestSize));
    v("hidden_size", hidden_size, "Width of a token state.", in_range(1, kLargestSize));
    v("intermediate_size", intermediate_size, "Width of the feed-forward part.", in_range(1, kLargestSize));
    v("num_hidden_layers", num_hidden_layers, "Layers.", in_range(1, 1024));
    v("num_attention_heads", num_attention_heads, "Heads; divides hidden_size.", in_range(1, kLargestSize));
    v("max_position_embeddings", max_position_embeddings, "Longest row.", in_range(1, 65535));
    v("hidden_activation", hidden_activation, "Function of the feed-forward part.");
    v("norm_eps", norm_eps, "Added to the variance in LayerNorm.", positive());
    v("global_rope_theta", global_rope_theta, "Base of the angles of layers that attend to all tokens.", positive());
    v("local_rope_theta", local_rope_theta, "The same of layers that attend to near tokens.", positive());
    v("global_attn_every_n_layers", global_attn_every_n_layers, "Every n-th layer, from the first, attends to all.",
      in_range(1, kLargestSize));
    v("local_attention", local_attention, "Tokens that the others attend to, half on each side.",
      in_range(1, kLargestSize));
    v("attention_dropout", attention_dropout, "Dropout of attention weights and of attention's result.",
      in_half_open(0, 1));
    v("embedding_dropout", embedding_dropout, "Dropout of embeddings.", in_half_open(0, 1));
    v("mlp_dropout", mlp_dropout, "Dropout within the feed-forward part.", in_half_open(0, 1));
    v("classifier_pooling", classifier_pooling, "What transformers' head reads.");
    v("classifier_activation", classifier_activation, "Function of that head.");
    v("classifier_dropout", classifier_dropout, "Dropout before the classifier.", in_half_open(0, 1));
    v("decoder_bias", decoder_bias, "Whether the language head's map to the vocabulary has a bias.");
    v("initializer_range", initializer_range, "Standard deviation of new weights.", at_least(0));
    v("initializer_cutoff_factor", initializer_cutoff_factor, "Deviations beyond which a new weight is drawn again.",
      positive());
  }
};

/// Throws as read_config() does.
ModernBertOptions read_modernbert_options(const Json& config, std::string_view source);

/// Pre-norm layers without biases, x1 = x + attention(norm(x)), x1 + Wo(activation(a) * b) with a, b = Wi(norm(x1));
/// positions turn queries and keys; most layers attend to near tokens only. The last norm belongs to the last layer.
class ModernBertEncoder : public TextEncoder {
 public:
  /// Registers its parameters in `store`, which must outlive it.
  ModernBertEncoder(const ModernBertOptions& options, nn::ParameterStore& store);

  const TextSizes& sizes() const override { return sizes_; }
  std::vector<nn::Linear*> linear_maps() override;
  std::vector<std::string> lora_maps() const override { return {"Wqkv"}; }
  ScaledMaps scaled_maps() const override { return {{"Wqkv", "mlp.Wo"}, {"mlp.Wo"}}; }
  const nn::Embedding& words() const override { return words_; }
  int64_t key_heads() const override { return options_.num_attention_heads; }
  std::string why_no_prefix() const override {
    return "transformers' ModernBERT takes no keys and values from outside";
  }
  at::Tensor embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const override;
  std::string describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const override;

 private:
  struct Layer {
    std::optional<nn::LayerNorm> attention_norm;  // the first layer has none
    nn::Linear qkv, attention_output;
    nn::LayerNorm feed_forward_norm;
    nn::Linear intermediate, output;
    bool is_local = false;
    bool trainable() const;
  };
  struct Pass;
  bool stage_trains(int64_t stage) const override;
  at::Tensor run_alike(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                       const nn::ForwardContext& context, TokensRead read) const override;
  at::Tensor run_layer(const Layer& layer, const at::Tensor& x, const Pass& pass) const;
  at::Tensor attend(const Layer& layer, const at::Tensor& x, const Pass& pass) const;
  std::string describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x, const OnnxPass& pass) const;

  ModernBertOptions options_;
  TextSizes sizes_;
  nn::Embedding words_;
  nn::LayerNorm embeddings_norm_;
  std::vector<Layer> layers_;
  nn::LayerNorm last_norm_;
};

extern const Architecture kModernBert;

}  // namespace rift::models
