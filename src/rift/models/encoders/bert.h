#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/models/architecture.h"
#include "rift/models/config_reader.h"
#include "rift/models/encoders/post_norm_encoder.h"
#include "rift/nn/activation.h"

/// BERT (arXiv:1810.04805), equal to transformers' BertForSequenceClassification.
namespace rift::models {

/// config.json of a BERT, under transformers' names (BertConfig).
struct BertOptions {
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t intermediate_size = 0;
  int64_t max_position_embeddings = 0;
  int64_t type_vocab_size = 2;
  nn::Activation hidden_act = nn::Activation::kGelu;
  double layer_norm_eps = 1e-12;
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  std::optional<double> classifier_dropout;  // hidden_dropout_prob when absent
  double initializer_range = 0.02;

  template <class V>
  void visit(V& v) {
    v("vocab_size", vocab_size, "Rows of the word embeddings.", in_range(1, kLargestSize));
    v("hidden_size", hidden_size, "Width of a token state.", in_range(1, kLargestSize));
    v("num_hidden_layers", num_hidden_layers, "Layers.", in_range(1, 1024));
    v("num_attention_heads", num_attention_heads, "Heads; divides hidden_size.", in_range(1, kLargestSize));
    v("intermediate_size", intermediate_size, "Width of the feed-forward part.", in_range(1, kLargestSize));
    v("max_position_embeddings", max_position_embeddings, "Longest row.", in_range(1, 65535));
    v("type_vocab_size", type_vocab_size, "Token types.", in_range(1, kLargestSize));
    v("hidden_act", hidden_act, "Function of the feed-forward part.");
    v("layer_norm_eps", layer_norm_eps, "Added to the variance in LayerNorm.", positive());
    v("hidden_dropout_prob", hidden_dropout_prob, "Dropout of states.", in_half_open(0, 1));
    v("attention_probs_dropout_prob", attention_probs_dropout_prob, "Dropout of attention weights.",
      in_half_open(0, 1));
    v("classifier_dropout", classifier_dropout, "Dropout before the head.", in_half_open(0, 1));
    v("initializer_range", initializer_range, "Standard deviation of new weights.", at_least(0));
  }
};

inline constexpr std::string_view kBertRequired[] = {"vocab_size",        "hidden_size",
                                                     "num_hidden_layers", "num_attention_heads",
                                                     "intermediate_size", "max_position_embeddings"};

/// Throws as read_config() does.
BertOptions read_bert_options(const Json& config, std::string_view source);

/// The encoder that these options describe, with BERT's names below `base` ("bert").
PostNormSpec bert_spec(const BertOptions& options, const std::string& base);

extern const Architecture kBert;

}  // namespace rift::models
