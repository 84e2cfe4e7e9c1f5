#include "rift/models/encoders/modernbert.h"

#include <array>

#include "rift/models/onnx/attention.h"

namespace rift::models {

/// What the layers of one kind share, local or global.
struct ModernBertEncoder::Described {
  OnnxAngles angles;       // of all tokens
  OnnxAngles angles_read;  // of those that the layer gives
  std::string bias;        // [B,1,1 or Tq,T]
  std::string places;      // of the tokens that the layer gives, [B,1]; "" = all
};

std::string ModernBertEncoder::describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x,
                                              const Described& kind) const {
  const int64_t width = options_.hidden_size, wide = options_.intermediate_size;
  const int64_t heads = options_.num_attention_heads, head_width = width / heads;
  const auto read = [&](const std::string& y) { return kind.places.empty() ? y : at_places(graph, y, kind.places); };
  const auto split = [&](const std::string& y) { return split_heads(graph, y, heads, head_width); };
  const std::string qkv = graph.linear(layer.qkv, layer.attention_norm ? graph.norm(*layer.attention_norm, x) : x);
  const std::string q = split(read(graph.slice(qkv, 2, 0, width)));
  const std::string k = split(graph.slice(qkv, 2, width, 2 * width));
  const std::string mixed = models::attend(graph, {.q = rotate(graph, q, head_width, kind.angles_read),
                                                   .k = rotate(graph, k, head_width, kind.angles),
                                                   .v = split(graph.slice(qkv, 2, 2 * width, 3 * width)),
                                                   .bias = kind.bias,
                                                   .heads = heads,
                                                   .head_width = head_width});
  const std::string attended = graph.op("Add", {read(x), graph.linear(layer.attention_output, mixed)});
  const std::string both = graph.linear(layer.intermediate, graph.norm(layer.feed_forward_norm, attended));
  const std::string gated = graph.op("Mul", {graph.activate(options_.hidden_activation, graph.slice(both, 2, 0, wide)),
                                             graph.slice(both, 2, wide, 2 * wide)});
  return graph.op("Add", {attended, graph.linear(layer.output, gated)});
}

std::string ModernBertEncoder::describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const {
  graph.enter("embeddings");
  std::string hidden = graph.norm(embeddings_norm_, graph.embed(words_, tokens.ids));
  const int64_t head_width = options_.hidden_size / options_.num_attention_heads;
  const auto kind_of = [&](bool is_local, bool first_only) {
    const double theta =
        is_local ? options_.local_rope_theta.value_or(options_.global_rope_theta) : options_.global_rope_theta;
    const std::string queries = first_only ? at_places(graph, tokens.positions, tokens.first) : tokens.positions;
    return Described{.angles = rotary_angles(graph, tokens.positions, head_width, theta),
                     .angles_read = rotary_angles(graph, queries, head_width, theta),
                     .bias = is_local ? window_bias(graph, tokens, queries, options_.local_attention / 2)
                                      : padding_bias(graph, tokens),
                     .places = first_only ? tokens.first : ""};
  };
  std::array<std::optional<Described>, 2> kinds;  // made when a layer first needs them
  for (size_t i = 0; i < layers_.size(); ++i) {
    const bool is_local = layers_[i].is_local, first_only = read == TokensRead::kFirst && i + 1 == layers_.size();
    std::optional<Described>& kind = kinds[is_local ? 1 : 0];
    graph.enter("attention");
    if (!kind || first_only) kind = kind_of(is_local, first_only);
    graph.enter(fmt::format("layers.{}", i));
    hidden = describe_layer(graph, layers_[i], hidden, *kind);
  }
  return graph.norm(last_norm_, hidden);
}

}  // namespace rift::models
