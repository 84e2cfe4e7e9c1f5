#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rift/models/decoders/llama_family.h"

/// Qwen2 and Qwen2.5 (arXiv:2407.10671), equal to transformers' Qwen2ForSequenceClassification: a Llama with biases of
/// queries, keys and values.
namespace rift::models {

/// config.json of a Qwen2, under transformers' names (Qwen2Config).
struct Qwen2Options {
  LlamaFamilyOptions family = {.num_key_value_heads = 32};
  nn::Activation hidden_act = nn::Activation::kSilu;
  bool use_sliding_window = false;
  std::optional<int64_t> sliding_window = 4096;
  int64_t max_window_layers = 28;
  std::optional<std::vector<LayerType>> layer_types;

  template <class V>
  void visit(V& v) {
    family.visit(v);
    v("hidden_act", hidden_act, "Function of the feed-forward part.");
    v("use_sliding_window", use_sliding_window, "Whether sliding_window counts.");
    v("sliding_window", sliding_window, "Tokens that a token of a sliding layer sees, itself included.",
      in_range(1, kLargestSize));
    v("max_window_layers", max_window_layers, "The layer from which on layers slide.", at_least(0));
    v("layer_types", layer_types, "What each layer attends to.");
  }
};

/// Throws as read_config() does.
Qwen2Options read_qwen2_options(const Json& config, std::string_view source);

extern const Architecture kQwen2;

}  // namespace rift::models
