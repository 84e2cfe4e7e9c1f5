#include "rift/models/encoders/post_norm_encoder.h"

#include "rift/models/onnx/pass.h"

namespace rift::models {

std::string PostNormEncoder::describe_embeddings(OnnxGraph& graph, const OnnxTokens& tokens) const {
  graph.enter("embeddings");
  std::string positions = tokens.positions;
  if (spec_
          .padding_id) {  // as positions_of(), where padding that the mask tells of counts no more than a padding token
    const std::string padding = graph.whole(*spec_.padding_id);
    const std::string is_text = graph.op("Not", {graph.op("Equal", {tokens.ids, padding})});
    const std::string counts = graph.op("Mul", {graph.cast(is_text, OnnxGraph::Type::kI64), tokens.mask});
    const std::string through = graph.op("CumSum", {counts, graph.whole(1)});
    positions = graph.op("Add", {graph.op("Mul", {through, counts}), padding});
  }
  std::string sum = graph.embed(words_, tokens.ids);
  if (types_) sum = graph.op("Add", {sum, graph.embed(*types_, tokens.types)});
  const std::string hidden = graph.norm(embeddings_norm_, graph.op("Add", {sum, graph.embed(positions_, positions)}));
  return projection_ ? graph.linear(*projection_, hidden) : hidden;
}

std::string PostNormEncoder::describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x,
                                            const OnnxPass& pass) const {
  const std::string x_read = pass.chosen(graph, x);
  const int64_t heads = spec_.heads, head_width = spec_.sizes.hidden_size / heads;
  const auto split = [&](const std::string& y) { return split_heads(graph, y, heads, head_width); };
  const std::string mixed = models::attend(graph, {.q = split(graph.linear(layer.query, x_read)),
                                                   .k = split(graph.linear(layer.key, x)),
                                                   .v = split(graph.linear(layer.value, x)),
                                                   .bias = pass.bias,
                                                   .heads = heads,
                                                   .head_width = head_width});
  const std::string attended =
      graph.norm(layer.attention_norm, graph.op("Add", {graph.linear(layer.attention_output, mixed), x_read}));
  const std::string wide = graph.activate(spec_.activation, graph.linear(layer.intermediate, attended));
  return graph.norm(layer.output_norm, graph.op("Add", {graph.linear(layer.output, wide), attended}));
}

std::string PostNormEncoder::describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const {
  std::string hidden = describe_embeddings(graph, tokens);
  OnnxPasses passes(graph, tokens, read, layers_.size());
  for (size_t i = 0; i < layers_.size(); ++i) {
    hidden = describe_layer(graph, layers_[i], hidden, passes.enter(i, {.name = "all", .reach = {}}));
  }
  return hidden;
}

}  // namespace rift::models
