#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rift/models/decoders/llama_family.h"

/// The text model of Gemma 3 (arXiv:2503.19786), equal to transformers' Gemma3TextForSequenceClassification: a Llama
/// with norms on both sides of each part and of queries and keys, scaled embeddings, and mostly layers that see near
/// tokens.
namespace rift::models {

/// config.json of a Gemma 3, under transformers' names (Gemma3Config).
struct Gemma3Options {
  LlamaFamilyOptions family = {
      .num_key_value_heads = 4, .head_dim = 256, .rope_theta = 1'000'000.0, .tie_word_embeddings = true};
  nn::Activation hidden_activation = nn::Activation::kGeluTanh;
  bool attention_bias = false;
  double query_pre_attn_scalar = 256;
  int64_t sliding_window = 4096;
  std::optional<std::vector<LayerType>> layer_types;
  int64_t sliding_window_pattern = 6;
  double rope_local_base_freq = 10000.0;

  template <class V>
  void visit(V& v) {
    family.visit(v);
    v("hidden_activation", hidden_activation, "Function of the feed-forward part.");
    v("attention_bias", attention_bias, "Whether the maps of attention have biases.");
    v("query_pre_attn_scalar", query_pre_attn_scalar, "Attention scores are divided by its root.", positive());
    v("sliding_window", sliding_window, "Tokens that a token of a sliding layer sees, itself included.",
      in_range(1, kLargestSize));
    v("layer_types", layer_types, "What each layer attends to.");
    v("sliding_window_pattern", sliding_window_pattern, "Every n-th layer sees all; where layer_types is left out.",
      in_range(1, kLargestSize));
    v("rope_local_base_freq", rope_local_base_freq, "Base of the angles of sliding layers.", positive());
  }
};

/// Throws as read_config() does.
Gemma3Options read_gemma3_options(const Json& config, std::string_view source);

extern const Architecture kGemma3;

}  // namespace rift::models
