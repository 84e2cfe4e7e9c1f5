#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

namespace rift::checkpoint {

/// The sizes of a BERT encoder that decide which tensors it has.
struct BertShape {
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t layers = 0;
  int64_t intermediate_size = 0;
  int64_t positions = 0;    // max_position_embeddings
  int64_t token_types = 0;  // type_vocab_size
};

/// From config.json of a Hugging Face BERT. `source` names it in errors. Throws kArtefact (key missing, not a whole
/// number in 1..2^24) or kUnsupported (model_type other than bert, relative positions).
BertShape read_bert_shape(const Json& config, std::string_view source);

struct NamedShape {
  std::string name;
  std::vector<int64_t> shape;
};

/// Tensors under the canonical names, those of transformers' BertForSequenceClassification:
/// bert.embeddings.word_embeddings.weight, bert.encoder.layer.0.attention.self.query.weight, ...
std::vector<NamedShape> bert_encoder_shapes(const BertShape& shape);           // embeddings and layers
std::vector<NamedShape> bert_pooler_shapes(const BertShape& shape);            // bert.pooler.dense.{weight,bias}
std::vector<NamedShape> classifier_shapes(int64_t width, int64_t num_labels);  // classifier.{weight,bias}

}  // namespace rift::checkpoint
