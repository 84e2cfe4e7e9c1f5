#include "rift/checkpoint/bert_shapes.h"

#include "rift/base/error.h"

namespace rift::checkpoint {
namespace {

constexpr int64_t kLargestSize = int64_t{1} << 24;

int64_t read_size(const Json& config, std::string_view key, std::string_view source) {
  const Json* value = config.find(key);
  RIFT_REQUIRE(value != nullptr, Code::kArtefact, "{}: '{}' is missing; is this the config.json of a BERT?", source,
               key);
  RIFT_REQUIRE(value->is_integer() && value->as_int() >= 1 && value->as_int() <= kLargestSize, Code::kArtefact,
               "{}: {}: expected a whole number from 1 to {}, got {}", source, key, kLargestSize,
               shorten(to_json_text(*value)));
  return value->as_int();
}

void require_text(const Json& config, std::string_view key, std::string_view expected, std::string_view source) {
  const Json* value = config.find(key);
  if (value == nullptr || value->is_null()) return;
  RIFT_REQUIRE(value->is_string() && value->as_string() == expected, Code::kUnsupported,
               "{}: {}: this build reads '{}' only, got {}", source, key, expected, shorten(to_json_text(*value)));
}

void add_linear(std::vector<NamedShape>& list, const std::string& name, int64_t outputs, int64_t inputs) {
  list.push_back({name + ".weight", {outputs, inputs}});
  list.push_back({name + ".bias", {outputs}});
}

void add_layer_norm(std::vector<NamedShape>& list, const std::string& name, int64_t width) {
  list.push_back({name + ".weight", {width}});
  list.push_back({name + ".bias", {width}});
}

}  // namespace

BertShape read_bert_shape(const Json& config, std::string_view source) {
  RIFT_REQUIRE(config.is_object(), Code::kArtefact, "{}: expected a mapping, got {}", source, config.kind_name());
  require_text(config, "model_type", "bert", source);
  require_text(config, "position_embedding_type", "absolute", source);
  BertShape shape;
  shape.vocab_size = read_size(config, "vocab_size", source);
  shape.hidden_size = read_size(config, "hidden_size", source);
  shape.layers = read_size(config, "num_hidden_layers", source);
  shape.intermediate_size = read_size(config, "intermediate_size", source);
  shape.positions = read_size(config, "max_position_embeddings", source);
  shape.token_types = read_size(config, "type_vocab_size", source);
  RIFT_REQUIRE(shape.layers <= 1024, Code::kArtefact, "{}: num_hidden_layers: expected at most 1024, got {}", source,
               shape.layers);
  return shape;
}

std::vector<NamedShape> bert_encoder_shapes(const BertShape& shape) {
  const int64_t width = shape.hidden_size;
  std::vector<NamedShape> list = {
      {"bert.embeddings.word_embeddings.weight", {shape.vocab_size, width}},
      {"bert.embeddings.position_embeddings.weight", {shape.positions, width}},
      {"bert.embeddings.token_type_embeddings.weight", {shape.token_types, width}},
  };
  add_layer_norm(list, "bert.embeddings.LayerNorm", width);
  for (int64_t i = 0; i < shape.layers; ++i) {
    const std::string layer = fmt::format("bert.encoder.layer.{}.", i);
    for (const char* part : {"query", "key", "value"}) add_linear(list, layer + "attention.self." + part, width, width);
    add_linear(list, layer + "attention.output.dense", width, width);
    add_layer_norm(list, layer + "attention.output.LayerNorm", width);
    add_linear(list, layer + "intermediate.dense", shape.intermediate_size, width);
    add_linear(list, layer + "output.dense", width, shape.intermediate_size);
    add_layer_norm(list, layer + "output.LayerNorm", width);
  }
  return list;
}

std::vector<NamedShape> bert_pooler_shapes(const BertShape& shape) {
  std::vector<NamedShape> list;
  add_linear(list, "bert.pooler.dense", shape.hidden_size, shape.hidden_size);
  return list;
}

std::vector<NamedShape> classifier_shapes(int64_t width, int64_t num_labels) {
  std::vector<NamedShape> list;
  add_linear(list, "classifier", num_labels, width);
  return list;
}

}  // namespace rift::checkpoint
