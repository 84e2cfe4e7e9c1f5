#include "rift/models/encoders/modernbert.h"

#include "rift/models/onnx/pass.h"

namespace rift::models {

std::string ModernBertEncoder::describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x,
                                              const OnnxPass& pass) const {
  const int64_t width = options_.hidden_size, wide = options_.intermediate_size;
  const int64_t heads = options_.num_attention_heads, head_width = width / heads;
  const auto split = [&](const std::string& y) { return split_heads(graph, y, heads, head_width); };
  const std::string qkv = graph.linear(layer.qkv, layer.attention_norm ? graph.norm(*layer.attention_norm, x) : x);
  const std::string q = split(pass.chosen(graph, graph.slice(qkv, 2, 0, width)));
  const std::string k = split(graph.slice(qkv, 2, width, 2 * width));
  const std::string mixed = models::attend(graph, {.q = rotate(graph, q, head_width, *pass.angles_read),
                                                   .k = rotate(graph, k, head_width, *pass.angles),
                                                   .v = split(graph.slice(qkv, 2, 2 * width, 3 * width)),
                                                   .bias = pass.bias,
                                                   .heads = heads,
                                                   .head_width = head_width});
  const std::string attended = graph.op("Add", {pass.chosen(graph, x), graph.linear(layer.attention_output, mixed)});
  const std::string both = graph.linear(layer.intermediate, graph.norm(layer.feed_forward_norm, attended));
  const std::string gated = graph.op("Mul", {graph.activate(options_.hidden_activation, graph.slice(both, 2, 0, wide)),
                                             graph.slice(both, 2, wide, 2 * wide)});
  return graph.op("Add", {attended, graph.linear(layer.output, gated)});
}

std::string ModernBertEncoder::describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const {
  graph.enter("embeddings");
  std::string hidden = graph.norm(embeddings_norm_, graph.embed(words_, tokens.ids));
  const int64_t head_width = options_.hidden_size / options_.num_attention_heads;
  const nn::RotaryFrequencies global = nn::rotary_frequencies(head_width, options_.global_rope_theta);
  const nn::RotaryFrequencies local =
      nn::rotary_frequencies(head_width, options_.local_rope_theta.value_or(options_.global_rope_theta));
  const OnnxLayerKind is_global{.name = "global", .reach = {}, .frequencies = &global};
  const OnnxLayerKind is_local{
      .name = "local", .reach = {.window = options_.local_attention / 2}, .frequencies = &local};
  OnnxPasses passes(graph, tokens, read, layers_.size());
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    hidden = describe_layer(graph, layer, hidden, passes.enter(i, layer.is_local ? is_local : is_global));
  }
  return graph.norm(last_norm_, hidden);
}

}  // namespace rift::models
