#pragma once

#include <cstdint>
#include <string_view>

#include "rift/models/encoders/bert.h"

/// ELECTRA (arXiv:2003.10555), equal to transformers' ElectraForSequenceClassification: BERT's layers on embeddings
/// that may be narrower, and a head of its own.
namespace rift::models {

/// config.json of an ELECTRA: BERT's keys and the embeddings' width (ElectraConfig).
struct ElectraOptions {
  BertOptions bert;
  int64_t embedding_size = 128;

  template <class V>
  void visit(V& v) {
    bert.visit(v);
    v("embedding_size", embedding_size, "Width of the embeddings.", in_range(1, kLargestSize));
  }
};

/// Throws as read_config() does.
ElectraOptions read_electra_options(const Json& config, std::string_view source);

extern const Architecture kElectra;

}  // namespace rift::models
