#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/enum_names.h"
#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/models/architecture.h"
#include "rift/models/config_reader.h"
#include "rift/models/decoders/rope_options.h"
#include "rift/models/layer_pass.h"
#include "rift/nn/activation.h"
#include "rift/nn/attention.h"
#include "rift/nn/embedding.h"
#include "rift/nn/rms_norm.h"
#include "rift/nn/rotary.h"

/// What Llama (arXiv:2302.13971) and those that follow it share. Each member is a file of its own beside this one, with
/// its options and what it changes.
namespace rift::models {

/// Keys of config.json that every member has, under transformers' names. Defaults are LlamaConfig's.
struct LlamaFamilyOptions {
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  std::optional<int64_t> num_key_value_heads;
  std::optional<int64_t> head_dim;
  int64_t max_position_embeddings = 0;
  double rms_norm_eps = 1e-6;
  double rope_theta = 10000.0;
  double attention_dropout = 0.0;
  bool tie_word_embeddings = false;
  double initializer_range = 0.02;

  template <class V>
  void visit(V& v) {
    v("vocab_size", vocab_size, "Rows of the token embeddings.", in_range(1, kLargestSize));
    v("hidden_size", hidden_size, "Width of a token state.", in_range(1, kLargestSize));
    v("intermediate_size", intermediate_size, "Width of the feed-forward part.", in_range(1, kLargestSize));
    v("num_hidden_layers", num_hidden_layers, "Layers.", in_range(1, 1024));
    v("num_attention_heads", num_attention_heads, "Heads of queries.", in_range(1, 65535));
    v("num_key_value_heads", num_key_value_heads, "Heads of keys and values; as many as queries where left out.",
      in_range(1, 65535));
    v("head_dim", head_dim, "Width of a head; hidden_size / num_attention_heads where left out.",
      in_range(1, kLargestSize));
    v("max_position_embeddings", max_position_embeddings, "Longest row.", in_range(1, kLargestSize));
    v("rms_norm_eps", rms_norm_eps, "Added to the mean square in norms.", positive());
    v("rope_theta", rope_theta, "Base of the angles of positions.", positive());
    v("attention_dropout", attention_dropout, "Dropout of attention weights.", in_half_open(0, 1));
    v("tie_word_embeddings", tie_word_embeddings, "Whether the language head is the table of token embeddings.");
    v("initializer_range", initializer_range, "Standard deviation of new weights.", at_least(0));
  }

  int64_t key_heads() const { return num_key_value_heads.value_or(num_attention_heads); }
  int64_t head_width() const { return head_dim.value_or(hidden_size / num_attention_heads); }
};

inline constexpr std::string_view kLlamaFamilyRequired[] = {"vocab_size",          "hidden_size",
                                                            "intermediate_size",   "num_hidden_layers",
                                                            "num_attention_heads", "max_position_embeddings"};
/// Keys of every member that read_frequencies() reads.
inline constexpr std::string_view kLlamaFamilyReadElsewhere[] = {kRopeScaling};

/// What a layer attends to: every token before, or the nearest of them.
enum class LayerType { kFull, kSliding };
constexpr auto enum_names(LayerType) {
  return std::to_array<EnumName<LayerType>>(
      {{LayerType::kFull, "full_attention"}, {LayerType::kSliding, "sliding_attention"}});
}

/// Throws kArtefact: heads of keys that do not divide those of queries, a width of heads that is odd or does not
/// follow.
void require_fitting_heads(const LlamaFamilyOptions& options, std::string_view source);
/// `stated` when there, as many as layers (else kArtefact), or what `is_sliding` says of each layer.
std::vector<LayerType> layer_types(const std::optional<std::vector<LayerType>>& stated, int64_t layers,
                                   std::string_view source, const std::function<bool(int64_t layer)>& is_sliding);

Json complete_layer_types(const std::vector<LayerType>& types);  // as config.json has them

/// What a member of the family is made of.
struct LlamaFamilySpec {
  LlamaFamilyOptions options;
  nn::Activation activation = nn::Activation::kSilu;
  bool query_key_value_bias = false;
  bool attention_output_bias = false;
  bool feed_forward_bias = false;
  bool norms_heads = false;            // of queries and keys, before their positions
  bool norms_results = false;          // what attention and feed-forward part give, before it is added to the states
  bool norms_count_from_one = false;   // scale = 1 + weight
  std::optional<int64_t> padding_row;  // of the token embeddings; zero in a new model
  double embedding_scale = 1;          // of token embeddings
  std::optional<double> query_scalar;  // attention scores are divided by its root; K where it is not stated
  nn::RotaryFrequencies frequencies;
  std::optional<nn::RotaryFrequencies> sliding_frequencies;  // of sliding layers, where they have their own
  std::vector<LayerType> layer_types;                        // of each layer
  int64_t sliding_window = 0;  // tokens that a sliding layer's token sees, itself included
};

/// Frequencies of the heads' width with config.json's rope_scaling.
nn::RotaryFrequencies read_frequencies(const LlamaFamilyOptions& options, const Json& config, std::string_view source);

/// Of Architecture::complete: the options of a member as a config.json that leaves nothing out, heads and their width
/// included.
template <class Options>
Json complete_family(Options options, const Json& config, std::string_view source) {
  options.family.num_key_value_heads = options.family.key_heads();
  options.family.head_dim = options.family.head_width();
  Json all = write_options(options);
  all[kRopeScaling] = complete_rope_scaling(config, source, options.family.max_position_embeddings);
  return all;
}

/// Head of transformers' class for sequence classification, "score", and language head of the family.
BuiltEncoder build_llama_family(LlamaFamilySpec spec, nn::ParameterStore& store);

inline constexpr checkpoint::UnusedTensors kLlamaFamilyUnused[] = {
    {"lm_head.", "language head"},
    {"qa_outputs.", "head of question answering"},
};
inline constexpr std::string_view kLlamaFamilyBuffers[] = {".rotary_emb.inv_freq"};  // of older transformers

/// Pre-norm layers: x1 = x + attention(norm(x)), x1 + down(activation(gate(n)) * up(n)) with n = norm(x1); positions
/// turn queries and keys, tokens attend to themselves and those before. The last norm belongs to the last layer.
class LlamaFamilyDecoder : public TextEncoder {
 public:
  /// Registers its parameters in `store`, which must outlive it.
  LlamaFamilyDecoder(LlamaFamilySpec spec, nn::ParameterStore& store);

  const TextSizes& sizes() const override { return sizes_; }
  std::vector<nn::Linear*> linear_maps() override;
  std::vector<std::string> lora_maps() const override { return {"q_proj", "v_proj"}; }
  ScaledMaps scaled_maps() const override { return {{"k_proj", "v_proj", "down_proj"}, {"down_proj"}}; }
  const nn::Embedding& words() const override { return words_; }
  double word_scale() const override { return spec_.embedding_scale; }
  int64_t key_heads() const override { return spec_.options.key_heads(); }
  int64_t key_width() const override { return key_heads() * spec_.options.head_width(); }
  at::Tensor embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const override;
  std::string describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const override;

 private:
  struct Layer {
    nn::RmsNorm attention_norm;
    nn::Linear query, key, value, attention_output;
    std::optional<nn::RmsNorm> query_norm, key_norm;
    std::optional<nn::RmsNorm> attention_result_norm;
    nn::RmsNorm feed_forward_norm;
    nn::Linear gate, up, down;
    std::optional<nn::RmsNorm> feed_forward_result_norm;
    std::vector<const nn::Linear*> linear_maps() const;
    std::vector<const nn::RmsNorm*> norms() const;
    bool trainable() const;
  };
  struct Pass;
  void add_layer(int64_t index, nn::ParameterStore& store);
  bool stage_trains(int64_t stage) const override;
  at::Tensor run_alike(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                       const nn::ForwardContext& context, TokensRead read) const override;
  at::Tensor run_layer(const Layer& layer, const at::Tensor& x, const Pass& pass) const;
  at::Tensor attend(const Layer& layer, const at::Tensor& x, const Pass& pass) const;
  at::Tensor feed_forward(const Layer& layer, const at::Tensor& x, const Pass& pass) const;
  std::string describe_attention(OnnxGraph& graph, const Layer& layer, const std::string& x,
                                 const OnnxPass& pass) const;
  std::string describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x, const OnnxPass& pass) const;

  LlamaFamilySpec spec_;
  TextSizes sizes_;
  nn::Embedding words_;
  std::vector<Layer> layers_;
  nn::RmsNorm last_norm_;
};

}  // namespace rift::models
