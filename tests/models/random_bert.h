#pragma once

#include <ATen/ops/empty.h>

#include <memory>
#include <string>
#include <vector>

#include "rift/base/random.h"
#include "rift/models/text_classifier.h"
#include "rift/tensor/packed_batch.h"

namespace rift::test {

/// A BERT with random weights, small, of widths that the engine computes.
struct RandomBert {
  int64_t width = 64;
  int64_t heads = 2;
  int64_t layers = 3;
  int64_t feed_forward = 160;
  double dropout = 0.1;
  models::Pooling pooling = models::Pooling::kPooler;
};

inline constexpr int64_t kRandomBertVocabulary = 50;

inline Json random_bert_config(const RandomBert& shape) {
  return {{"model_type", "bert"},
          {"vocab_size", kRandomBertVocabulary},
          {"hidden_size", shape.width},
          {"num_hidden_layers", shape.layers},
          {"num_attention_heads", shape.heads},
          {"intermediate_size", shape.feed_forward},
          {"max_position_embeddings", 512},
          {"hidden_dropout_prob", shape.dropout},
          {"attention_probs_dropout_prob", shape.dropout}};
}

inline std::unique_ptr<models::TextClassifier> random_bert(const RandomBert& shape = {}) {
  tensor::TensorMap tensors;
  uint64_t stream = 0;
  const auto add = [&](const std::string& name, std::vector<int64_t> sizes, double mean = 0.0) {
    at::Tensor tensor = at::empty(sizes, at::kFloat);
    const CounterRandom random(3, stream++);
    auto* values = tensor.mutable_data_ptr<float>();
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      values[i] = static_cast<float>(mean + 0.1 * random.normal(static_cast<uint64_t>(i)));
    }
    tensors.emplace(name, tensor);
  };
  const auto linear = [&](const std::string& name, int64_t out, int64_t in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  };
  const auto norm = [&](const std::string& name) {
    add(name + ".weight", {shape.width}, 1.0);
    add(name + ".bias", {shape.width});
  };
  add("bert.embeddings.word_embeddings.weight", {kRandomBertVocabulary, shape.width});
  add("bert.embeddings.position_embeddings.weight", {512, shape.width});
  add("bert.embeddings.token_type_embeddings.weight", {2, shape.width});
  norm("bert.embeddings.LayerNorm");
  for (int64_t i = 0; i < shape.layers; ++i) {
    const std::string name = "bert.encoder.layer." + std::to_string(i);
    for (const char* map : {"query", "key", "value"}) {
      linear(name + ".attention.self." + map, shape.width, shape.width);
    }
    linear(name + ".attention.output.dense", shape.width, shape.width);
    norm(name + ".attention.output.LayerNorm");
    linear(name + ".intermediate.dense", shape.feed_forward, shape.width);
    linear(name + ".output.dense", shape.width, shape.feed_forward);
    norm(name + ".output.LayerNorm");
  }
  linear("bert.pooler.dense", shape.width, shape.width);
  linear("classifier", 1, shape.width);
  return std::make_unique<models::TextClassifier>(
      models::TextClassifierOptions{.config = random_bert_config(shape), .pooling = shape.pooling}, tensors);
}

/// Rows of these lengths with random ids; row b has key first_key + b.
inline tensor::PackedBatch random_batch(const std::vector<int64_t>& lengths, uint64_t first_key = 0) {
  tensor::TokenRows rows;
  for (size_t b = 0; b < lengths.size(); ++b) {
    const CounterRandom random(9, first_key + b);
    std::vector<int32_t> ids;
    for (int64_t t = 0; t < lengths[b]; ++t) {
      ids.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(t), kRandomBertVocabulary)));
    }
    rows.add_row(ids, first_key + b);
  }
  return tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
}

}  // namespace rift::test
