#include "rift/models/onnx/attention.h"

#include <cmath>
#include <limits>

namespace rift::models {

namespace {

/// Each head of keys or values as often as heads of queries share it: [B,G,T,K] -> [B,H,T,K].
std::string shared_heads(OnnxGraph& graph, const std::string& x, const OnnxAttention& call) {
  if (call.key_heads == 0 || call.key_heads == call.heads) return x;
  const std::string times = graph.wholes({1, 1, call.heads / call.key_heads, 1, 1});
  return graph.reshape(graph.op("Expand", {graph.unsqueeze(x, {2}), times}), {0, call.heads, -1, call.head_width});
}

}  // namespace

std::string attention_bias(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read, const OnnxReach& reach) {
  std::string attended_to = graph.cast(graph.unsqueeze(tokens.mask, {1, 2}), OnnxGraph::Type::kBool);  // [B,1,1,T]
  const auto narrow = [&](const std::string& further) { attended_to = graph.op("And", {attended_to, further}); };
  if (reach.causal || reach.window) {
    const std::string queries = read_tokens(graph, tokens.positions, tokens, read);
    const std::string from = graph.unsqueeze(queries, {1, 3});         // [B,1,Tq,1]
    const std::string to = graph.unsqueeze(tokens.positions, {1, 2});  // [B,1,1,T]
    const std::string back = graph.op("Sub", {from, to});              // [B,1,Tq,T]: how far the key lies behind
    const std::string distance = reach.causal ? back : graph.op("Abs", {back});
    if (reach.causal) narrow(graph.op("GreaterOrEqual", {back, graph.whole(0)}));
    if (reach.window) narrow(graph.op("LessOrEqual", {distance, graph.whole(*reach.window)}));
  }
  const std::string none = graph.number(std::numeric_limits<float>::lowest());
  return graph.op("Where", {attended_to, graph.number(0.0F), none});
}

std::string split_heads(OnnxGraph& graph, const std::string& x, int64_t heads, int64_t head_width) {
  return graph.transpose(graph.reshape(x, {0, 0, heads, head_width}), {0, 2, 1, 3});
}

std::string attend(OnnxGraph& graph, const OnnxAttention& call) {
  const double divisor = call.scale ? 1.0 / *call.scale : std::sqrt(static_cast<double>(call.head_width));
  const std::string k = graph.transpose(shared_heads(graph, call.k, call), {0, 1, 3, 2});
  const std::string products = graph.op("MatMul", {call.q, k});  // [B,H,Tq,T]
  const std::string divided = graph.op("Div", {products, graph.number(static_cast<float>(divisor))});
  const std::string scores = call.bias.empty() ? divided : graph.op("Add", {divided, call.bias});
  const std::string weights = graph.op("Softmax", {scores}, {{"axis", int64_t{-1}}});
  const std::string mixed =
      graph.transpose(graph.op("MatMul", {weights, shared_heads(graph, call.v, call)}), {0, 2, 1, 3});  // [B,Tq,H,K]
  return graph.reshape(mixed, {0, 0, call.heads * call.head_width});
}

OnnxAngles rotary_angles(OnnxGraph& graph, const std::string& name, const std::string& positions,
                         const nn::RotaryFrequencies& frequencies) {
  const std::string frequency = graph.numbers(name, frequencies.per_pair);  // [K/2]
  const std::string place = graph.unsqueeze(graph.cast(positions, OnnxGraph::Type::kF32), {1, 3});
  const std::string half = graph.op("Mul", {place, frequency});  // [B,1,T,K/2]
  const std::string angle = graph.concat({half, half}, 3);
  const std::string cos = graph.op("Cos", {angle}), sin = graph.op("Sin", {angle});
  if (frequencies.amplitude == 1) return {cos, sin};
  const std::string amplitude = graph.number(static_cast<float>(frequencies.amplitude));
  return {graph.op("Mul", {cos, amplitude}), graph.op("Mul", {sin, amplitude})};
}

std::string rotate(OnnxGraph& graph, const std::string& x, int64_t head_width, const OnnxAngles& angles) {
  const int64_t half = head_width / 2;
  const std::string low = graph.slice(x, 3, 0, half), high = graph.slice(x, 3, half, head_width);
  const std::string turned = graph.concat({graph.op("Neg", {high}), low}, 3);
  return graph.op("Add", {graph.op("Mul", {x, angles.cos}), graph.op("Mul", {turned, angles.sin})});
}

}  // namespace rift::models
