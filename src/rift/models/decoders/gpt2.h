#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/models/architecture.h"
#include "rift/models/config_reader.h"
#include "rift/models/layer_pass.h"
#include "rift/nn/activation.h"
#include "rift/nn/attention.h"
#include "rift/nn/embedding.h"
#include "rift/nn/layer_norm.h"

/// GPT-2 (Radford et al., 2019), equal to transformers' GPT2ForSequenceClassification.
namespace rift::models {

/// config.json of a GPT-2, under transformers' names (GPT2Config).
struct Gpt2Options {
  int64_t vocab_size = 0;
  int64_t n_positions = 0;
  int64_t n_embd = 0;
  int64_t n_layer = 0;
  int64_t n_head = 0;
  std::optional<int64_t> n_inner;
  nn::Activation activation_function = nn::Activation::kGeluNew;
  double resid_pdrop = 0.1;
  double embd_pdrop = 0.1;
  double attn_pdrop = 0.1;
  double layer_norm_epsilon = 1e-5;
  bool tie_word_embeddings = true;
  double initializer_range = 0.02;

  template <class V>
  void visit(V& v) {
    v("vocab_size", vocab_size, "Rows of the token embeddings.", in_range(1, kLargestSize));
    v("n_positions", n_positions, "Longest row.", in_range(1, 65535));
    v("n_embd", n_embd, "Width of a token state.", in_range(1, kLargestSize));
    v("n_layer", n_layer, "Layers.", in_range(1, 1024));
    v("n_head", n_head, "Heads; divides n_embd.", in_range(1, 65535));
    v("n_inner", n_inner, "Width of the feed-forward part; 4 * n_embd where left out.", in_range(1, kLargestSize));
    v("activation_function", activation_function, "Function of the feed-forward part.");
    v("resid_pdrop", resid_pdrop, "Dropout of what each part adds to the states.", in_half_open(0, 1));
    v("embd_pdrop", embd_pdrop, "Dropout of embeddings.", in_half_open(0, 1));
    v("attn_pdrop", attn_pdrop, "Dropout of attention weights.", in_half_open(0, 1));
    v("layer_norm_epsilon", layer_norm_epsilon, "Added to the variance in LayerNorm.", positive());
    v("tie_word_embeddings", tie_word_embeddings, "Whether the language head is the table of token embeddings.");
    v("initializer_range", initializer_range, "Standard deviation of new weights.", at_least(0));
  }

  int64_t inner() const { return n_inner.value_or(4 * n_embd); }
};

/// Throws as read_config() does.
Gpt2Options read_gpt2_options(const Json& config, std::string_view source);

/// Token and position embeddings, then pre-norm layers: x1 = x + attention(norm(x)), x1 + W2 activation(W1 norm(x1));
/// tokens attend to themselves and those before. The last norm belongs to the last layer.
class Gpt2Decoder : public TextEncoder {
 public:
  /// Registers its parameters in `store`, which must outlive it.
  Gpt2Decoder(const Gpt2Options& options, nn::ParameterStore& store);

  const TextSizes& sizes() const override { return sizes_; }
  std::vector<nn::Linear*> linear_maps() override;
  std::vector<std::string> lora_maps() const override { return {"c_attn"}; }
  ScaledMaps scaled_maps() const override { return {{"c_attn", "mlp.c_proj"}, {"mlp.c_proj"}}; }
  const nn::Embedding& words() const override { return words_; }
  int64_t key_heads() const override { return options_.n_head; }
  at::Tensor embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const override;
  std::string describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const override;

 private:
  struct Layer {
    nn::LayerNorm attention_norm;
    nn::Linear qkv, attention_output;
    nn::LayerNorm feed_forward_norm;
    nn::Linear intermediate, output;
    bool trainable() const;
  };
  bool stage_trains(int64_t stage) const override;
  at::Tensor run_alike(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                       const nn::ForwardContext& context, TokensRead read) const override;
  at::Tensor run_layer(const Layer& layer, const at::Tensor& x, const LayerPass& pass) const;
  at::Tensor attend(const Layer& layer, const at::Tensor& x, const LayerPass& pass) const;
  std::string describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x, const OnnxPass& pass) const;

  Gpt2Options options_;
  TextSizes sizes_;
  nn::Embedding words_, positions_;
  std::vector<Layer> layers_;
  nn::LayerNorm last_norm_;
};

extern const Architecture kGpt2;

}  // namespace rift::models
