#include "rift/models/decoders/llama_family.h"

#include <cmath>

#include "rift/models/onnx/pass.h"

namespace rift::models {

std::string LlamaFamilyDecoder::describe_attention(OnnxGraph& graph, const Layer& layer, const std::string& x,
                                                   const OnnxPass& pass) const {
  const LlamaFamilyOptions& options = spec_.options;
  const int64_t heads = options.num_attention_heads, key_heads = options.key_heads(), width = options.head_width();
  const auto placed = [&](const std::string& y, const std::optional<nn::RmsNorm>& norm, const OnnxAngles& angles) {
    return rotate(graph, norm ? graph.norm(*norm, y) : y, width, angles);
  };
  const std::string normed = graph.norm(layer.attention_norm, x);
  const std::string q = split_heads(graph, graph.linear(layer.query, pass.chosen(graph, normed)), heads, width);
  const std::string k = split_heads(graph, graph.linear(layer.key, normed), key_heads, width);
  OnnxAttention call{.q = placed(q, layer.query_norm, *pass.angles_read),
                     .k = placed(k, layer.key_norm, *pass.angles),
                     .v = split_heads(graph, graph.linear(layer.value, normed), key_heads, width),
                     .bias = pass.bias,
                     .heads = heads,
                     .key_heads = key_heads,
                     .head_width = width,
                     .scale = std::nullopt};
  if (spec_.query_scalar) call.scale = 1.0 / std::sqrt(*spec_.query_scalar);
  const std::string y = graph.linear(layer.attention_output, models::attend(graph, call));
  return layer.attention_result_norm ? graph.norm(*layer.attention_result_norm, y) : y;
}

std::string LlamaFamilyDecoder::describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x,
                                               const OnnxPass& pass) const {
  const std::string attended = graph.op("Add", {pass.chosen(graph, x), describe_attention(graph, layer, x, pass)});
  const std::string normed = graph.norm(layer.feed_forward_norm, attended);
  const std::string gate = graph.activate(spec_.activation, graph.linear(layer.gate, normed));
  const std::string y = graph.linear(layer.down, graph.op("Mul", {gate, graph.linear(layer.up, normed)}));
  return graph.op("Add",
                  {attended, layer.feed_forward_result_norm ? graph.norm(*layer.feed_forward_result_norm, y) : y});
}

std::string LlamaFamilyDecoder::describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const {
  graph.enter("embeddings");
  std::string hidden = graph.embed(words_, tokens.ids);
  if (spec_.embedding_scale != 1) {
    hidden = graph.op("Mul", {hidden, graph.number(static_cast<float>(spec_.embedding_scale))});
  }
  const OnnxLayerKind full{.name = "full", .reach = {.causal = true}, .frequencies = &spec_.frequencies};
  const OnnxLayerKind sliding{
      .name = "sliding",
      .reach = {.causal = true, .window = spec_.sliding_window - 1},
      .frequencies = spec_.sliding_frequencies ? &*spec_.sliding_frequencies : &spec_.frequencies};
  OnnxPasses passes(graph, tokens, read, layers_.size());
  for (size_t i = 0; i < layers_.size(); ++i) {
    const bool slides = spec_.layer_types[i] == LayerType::kSliding;
    hidden = describe_layer(graph, layers_[i], hidden, passes.enter(i, slides ? sliding : full));
  }
  return graph.norm(last_norm_, hidden);
}

}  // namespace rift::models
