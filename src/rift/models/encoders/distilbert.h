#pragma once

#include <cstdint>
#include <string_view>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/models/architecture.h"
#include "rift/models/config_reader.h"
#include "rift/nn/activation.h"

/// DistilBERT (arXiv:1910.01108), equal to transformers' DistilBertForSequenceClassification: BERT's layers without
/// token types, and a head of its own.
namespace rift::models {

/// config.json of a DistilBERT, under transformers' names (DistilBertConfig).
struct DistilBertOptions {
  int64_t vocab_size = 0;
  int64_t max_position_embeddings = 0;
  int64_t n_layers = 0;
  int64_t n_heads = 0;
  int64_t dim = 0;
  int64_t hidden_dim = 0;
  double dropout = 0.1;
  double attention_dropout = 0.1;
  nn::Activation activation = nn::Activation::kGelu;
  double seq_classif_dropout = 0.2;
  double initializer_range = 0.02;

  template <class V>
  void visit(V& v) {
    v("vocab_size", vocab_size, "Rows of the word embeddings.", in_range(1, kLargestSize));
    v("max_position_embeddings", max_position_embeddings, "Longest row.", in_range(1, 65535));
    v("n_layers", n_layers, "Layers.", in_range(1, 1024));
    v("n_heads", n_heads, "Heads; divides dim.", in_range(1, kLargestSize));
    v("dim", dim, "Width of a token state.", in_range(1, kLargestSize));
    v("hidden_dim", hidden_dim, "Width of the feed-forward part.", in_range(1, kLargestSize));
    v("dropout", dropout, "Dropout of embeddings and of the feed-forward part.", in_half_open(0, 1));
    v("attention_dropout", attention_dropout, "Dropout of attention weights.", in_half_open(0, 1));
    v("activation", activation, "Function of the feed-forward part.");
    v("seq_classif_dropout", seq_classif_dropout, "Dropout before the head.", in_half_open(0, 1));
    v("initializer_range", initializer_range, "Standard deviation of new weights.", at_least(0));
  }
};

/// Throws as read_config() does.
DistilBertOptions read_distilbert_options(const Json& config, std::string_view source);

extern const Architecture kDistilBert;

}  // namespace rift::models
