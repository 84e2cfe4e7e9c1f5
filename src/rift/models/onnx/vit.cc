#include "rift/models/vision/vit.h"

#include "rift/models/onnx/attention.h"

namespace rift::models {

std::string ViTEncoder::describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x) const {
  const int64_t heads = options_.num_attention_heads, head_width = options_.hidden_size / heads;
  const std::string normed = graph.norm(layer.attention_norm, x);
  const auto split = [&](const nn::Linear& map) {
    return split_heads(graph, graph.linear(map, normed), heads, head_width);
  };
  const std::string mixed = models::attend(graph, {.q = split(layer.query),
                                                   .k = split(layer.key),
                                                   .v = split(layer.value),
                                                   .bias = "",
                                                   .heads = heads,
                                                   .head_width = head_width});
  const std::string attended = graph.op("Add", {x, graph.linear(layer.attention_output, mixed)});
  const std::string wide = graph.linear(layer.intermediate, graph.norm(layer.feed_forward_norm, attended));
  return graph.op("Add", {attended, graph.linear(layer.output, graph.activate(options_.hidden_act, wide))});
}

std::string ViTEncoder::describe_features(OnnxGraph& graph, const std::string& pixels) const {
  graph.enter("embeddings");
  const std::string map = graph.reshape(graph.convolve(projection_, pixels), {0, sizes_.width, -1});
  // One place of zeros before the patches, to which the class token is added as a part of the positions.
  const std::string places = graph.op("Pad", {graph.transpose(map, {0, 2, 1}), graph.wholes({0, 1, 0, 0, 0, 0})});
  at::Tensor added = positions_->view.detach().clone();
  added.select(1, 0).add_(class_token_->view.detach().select(1, 0));
  std::string hidden = graph.op("Add", {places, graph.numbers(positions_->name + ".with_class_token", added)});
  for (size_t i = 0; i < layers_.size(); ++i) {
    graph.enter(fmt::format("layers.{}", i));
    hidden = describe_layer(graph, layers_[i], hidden);
  }
  return graph.norm(last_norm_, hidden);
}

std::string ViTEncoder::describe_pool(OnnxGraph& graph, const std::string& features, Pooling pooling) const {
  if (pooling == Pooling::kMean) return graph.mean(graph.slice(features, 1, 1, sizes_.states_per_image), {1});
  return graph.op("Gather", {features, graph.whole(0)}, {{"axis", int64_t{1}}});
}

}  // namespace rift::models
