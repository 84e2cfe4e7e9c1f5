#include "rift/models/decoders/gpt2.h"

#include "rift/models/onnx/pass.h"

namespace rift::models {

std::string Gpt2Decoder::describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x,
                                        const OnnxPass& pass) const {
  const int64_t width = options_.n_embd, heads = options_.n_head, head_width = width / heads;
  const auto split = [&](const std::string& y) { return split_heads(graph, y, heads, head_width); };
  const std::string qkv = graph.linear(layer.qkv, graph.norm(layer.attention_norm, x));
  const std::string mixed = models::attend(graph, {.q = split(pass.chosen(graph, graph.slice(qkv, 2, 0, width))),
                                                   .k = split(graph.slice(qkv, 2, width, 2 * width)),
                                                   .v = split(graph.slice(qkv, 2, 2 * width, 3 * width)),
                                                   .bias = pass.bias,
                                                   .heads = heads,
                                                   .head_width = head_width});
  const std::string attended = graph.op("Add", {pass.chosen(graph, x), graph.linear(layer.attention_output, mixed)});
  const std::string wide = graph.activate(
      options_.activation_function, graph.linear(layer.intermediate, graph.norm(layer.feed_forward_norm, attended)));
  return graph.op("Add", {attended, graph.linear(layer.output, wide)});
}

std::string Gpt2Decoder::describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const {
  graph.enter("embeddings");
  std::string hidden = graph.op("Add", {graph.embed(words_, tokens.ids), graph.embed(positions_, tokens.positions)});
  OnnxPasses passes(graph, tokens, read, layers_.size());
  for (size_t i = 0; i < layers_.size(); ++i) {
    hidden = describe_layer(graph, layers_[i], hidden, passes.enter(i, {.name = "all", .reach = {.causal = true}}));
  }
  return graph.norm(last_norm_, hidden);
}

}  // namespace rift::models
