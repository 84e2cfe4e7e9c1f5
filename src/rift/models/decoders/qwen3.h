#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rift/models/decoders/llama_family.h"

/// Qwen3 (arXiv:2505.09388), equal to transformers' Qwen3ForSequenceClassification: a Llama with norms of queries and
/// keys.
namespace rift::models {

/// config.json of a Qwen3, under transformers' names (Qwen3Config).
struct Qwen3Options {
  LlamaFamilyOptions family = {.num_key_value_heads = 32, .head_dim = 128};
  nn::Activation hidden_act = nn::Activation::kSilu;
  bool attention_bias = false;
  bool use_sliding_window = false;
  std::optional<int64_t> sliding_window = 4096;
  int64_t max_window_layers = 28;
  std::optional<std::vector<LayerType>> layer_types;

  template <class V>
  void visit(V& v) {
    family.visit(v);
    v("hidden_act", hidden_act, "Function of the feed-forward part.");
    v("attention_bias", attention_bias, "Whether the maps of attention have biases.");
    v("use_sliding_window", use_sliding_window, "Whether sliding_window counts.");
    v("sliding_window", sliding_window, "Tokens that a token of a sliding layer sees, itself included.",
      in_range(1, kLargestSize));
    v("max_window_layers", max_window_layers, "The layer from which on layers slide.", at_least(0));
    v("layer_types", layer_types, "What each layer attends to.");
  }
};

/// Throws as read_config() does.
Qwen3Options read_qwen3_options(const Json& config, std::string_view source);

extern const Architecture kQwen3;

}  // namespace rift::models
