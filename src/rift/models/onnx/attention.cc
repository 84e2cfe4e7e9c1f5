#include "rift/models/onnx/attention.h"

#include <cmath>
#include <limits>

#include "rift/nn/rotary.h"

namespace rift::models {

namespace {

std::string bias_of(OnnxGraph& graph, const std::string& attended_to) {
  const std::string none = graph.number(std::numeric_limits<float>::lowest());
  return graph.op("Where", {attended_to, graph.number(0.0F), none});
}

/// [B,1,1,T]: whether the place holds a token.
std::string keys_of(OnnxGraph& graph, const OnnxTokens& tokens) {
  return graph.cast(graph.unsqueeze(tokens.mask, {1, 2}), OnnxGraph::Type::kBool);
}

}  // namespace

std::string padding_bias(OnnxGraph& graph, const OnnxTokens& tokens) { return bias_of(graph, keys_of(graph, tokens)); }

std::string window_bias(OnnxGraph& graph, const OnnxTokens& tokens, const std::string& queries, int64_t window) {
  const std::string from = graph.unsqueeze(queries, {1, 3});         // [B,1,Tq,1]
  const std::string to = graph.unsqueeze(tokens.positions, {1, 2});  // [B,1,1,T]
  const std::string distance = graph.op("Abs", {graph.op("Sub", {from, to})});
  const std::string near = graph.op("LessOrEqual", {distance, graph.whole(window)});
  return bias_of(graph, graph.op("And", {keys_of(graph, tokens), near}));
}

std::string split_heads(OnnxGraph& graph, const std::string& x, int64_t heads, int64_t head_width) {
  return graph.transpose(graph.reshape(x, {0, 0, heads, head_width}), {0, 2, 1, 3});
}

std::string attend(OnnxGraph& graph, const OnnxAttention& call) {
  const auto scale = static_cast<float>(std::sqrt(static_cast<double>(call.head_width)));
  const std::string products = graph.op("MatMul", {call.q, graph.transpose(call.k, {0, 1, 3, 2})});  // [B,H,Tq,T]
  const std::string scores = graph.op("Add", {graph.op("Div", {products, graph.number(scale)}), call.bias});
  const std::string weights = graph.op("Softmax", {scores}, {{"axis", int64_t{-1}}});
  const std::string mixed = graph.transpose(graph.op("MatMul", {weights, call.v}), {0, 2, 1, 3});  // [B,Tq,H,K]
  return graph.reshape(mixed, {0, 0, call.heads * call.head_width});
}

OnnxAngles rotary_angles(OnnxGraph& graph, const std::string& positions, int64_t head_width, double theta) {
  const std::string name = fmt::format("rotary:{}:{}", head_width, theta);
  const std::string frequency = graph.numbers(name, nn::rotary_frequencies(head_width, theta).per_pair);  // [K/2]
  const std::string place = graph.unsqueeze(graph.cast(positions, OnnxGraph::Type::kF32), {1, 3});
  const std::string half = graph.op("Mul", {place, frequency});  // [B,1,T,K/2]
  const std::string angle = graph.concat({half, half}, 3);
  return {graph.op("Cos", {angle}), graph.op("Sin", {angle})};
}

std::string rotate(OnnxGraph& graph, const std::string& x, int64_t head_width, const OnnxAngles& angles) {
  const int64_t half = head_width / 2;
  const std::string low = graph.slice(x, 3, 0, half), high = graph.slice(x, 3, half, head_width);
  const std::string turned = graph.concat({graph.op("Neg", {high}), low}, 3);
  return graph.op("Add", {graph.op("Mul", {x, angles.cos}), graph.op("Mul", {turned, angles.sin})});
}

}  // namespace rift::models
