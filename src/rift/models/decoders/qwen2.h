#pragma once

#include <string_view>

#include "rift/models/decoders/llama_family.h"
#include "rift/models/decoders/qwen_window.h"

/// Qwen2 and Qwen2.5 (arXiv:2407.10671), equal to transformers' Qwen2ForSequenceClassification: a Llama with biases of
/// queries, keys and values.
namespace rift::models {

/// config.json of a Qwen2, under transformers' names (Qwen2Config).
struct Qwen2Options {
  LlamaFamilyOptions family = {.num_key_value_heads = 32};
  nn::Activation hidden_act = nn::Activation::kSilu;
  QwenWindowOptions window;

  template <class V>
  void visit(V& v) {
    family.visit(v);
    v("hidden_act", hidden_act, "Function of the feed-forward part.");
    window.visit(v);
  }
};

/// Throws as read_config() does.
Qwen2Options read_qwen2_options(const Json& config, std::string_view source);

extern const Architecture kQwen2;

}  // namespace rift::models
