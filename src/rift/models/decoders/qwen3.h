#pragma once

#include <string_view>

#include "rift/models/decoders/llama_family.h"
#include "rift/models/decoders/qwen_window.h"

/// Qwen3 (arXiv:2505.09388), equal to transformers' Qwen3ForSequenceClassification: a Llama with norms of queries and
/// keys.
namespace rift::models {

/// config.json of a Qwen3, under transformers' names (Qwen3Config).
struct Qwen3Options {
  LlamaFamilyOptions family = {.num_key_value_heads = 32, .head_dim = 128};
  nn::Activation hidden_act = nn::Activation::kSilu;
  bool attention_bias = false;
  QwenWindowOptions window;

  template <class V>
  void visit(V& v) {
    family.visit(v);
    v("hidden_act", hidden_act, "Function of the feed-forward part.");
    v("attention_bias", attention_bias, "Whether the maps of attention have biases.");
    window.visit(v);
  }
};

/// Throws as read_config() does.
Qwen3Options read_qwen3_options(const Json& config, std::string_view source);

extern const Architecture kQwen3;

}  // namespace rift::models
