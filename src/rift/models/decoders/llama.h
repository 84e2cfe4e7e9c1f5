#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rift/models/decoders/llama_family.h"

/// Llama (arXiv:2302.13971, 2407.21783) and models under its name (SmolLM2), equal to transformers'
/// LlamaForSequenceClassification.
namespace rift::models {

/// config.json of a Llama, under transformers' names (LlamaConfig).
struct LlamaOptions {
  LlamaFamilyOptions family;
  nn::Activation hidden_act = nn::Activation::kSilu;
  bool attention_bias = false;
  bool mlp_bias = false;

  template <class V>
  void visit(V& v) {
    family.visit(v);
    v("hidden_act", hidden_act, "Function of the feed-forward part.");
    v("attention_bias", attention_bias, "Whether the maps of attention have biases.");
    v("mlp_bias", mlp_bias, "Whether those of the feed-forward part have.");
  }
};

/// Throws as read_config() does.
LlamaOptions read_llama_options(const Json& config, std::string_view source);

extern const Architecture kLlama;

}  // namespace rift::models
