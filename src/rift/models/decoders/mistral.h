#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rift/models/decoders/llama_family.h"

/// Mistral (arXiv:2310.06825), equal to transformers' MistralForSequenceClassification: a Llama whose tokens see the
/// nearest ones.
namespace rift::models {

/// config.json of a Mistral, under transformers' names (MistralConfig).
struct MistralOptions {
  LlamaFamilyOptions family = {.num_key_value_heads = 8};
  nn::Activation hidden_act = nn::Activation::kSilu;
  std::optional<int64_t> sliding_window = 4096;

  template <class V>
  void visit(V& v) {
    family.visit(v);
    v("hidden_act", hidden_act, "Function of the feed-forward part.");
    v("sliding_window", sliding_window, "Tokens that a token sees, itself included; null: all before it.",
      in_range(1, kLargestSize));
  }
};

/// Throws as read_config() does.
MistralOptions read_mistral_options(const Json& config, std::string_view source);

extern const Architecture kMistral;

}  // namespace rift::models
