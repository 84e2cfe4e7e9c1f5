#pragma once

#include <cstdint>
#include <string>

#include "rift/models/onnx/graph.h"
#include "rift/models/onnx/tokens.h"

namespace rift::models {

/// What attention adds to its scores: 0, or f32's lowest number where the key is padding. That is not minus infinity so
/// that a row of nothing but padding gives no NaN. [B,1,1,T]
std::string padding_bias(OnnxGraph& graph, const OnnxTokens& tokens);
/// The same where keys further away than `window` tokens are not attended to either. `queries`: positions of the
/// queries, [B,Tq]. -> [B,1,Tq,T]
std::string window_bias(OnnxGraph& graph, const OnnxTokens& tokens, const std::string& queries, int64_t window);

/// Heads that lie next to each other get a dimension: [B,T,H*K] -> [B,H,T,K].
std::string split_heads(OnnxGraph& graph, const std::string& x, int64_t heads, int64_t head_width);

/// softmax(q k^T / sqrt(K) + bias) v.  q [B,H,Tq,K], k and v [B,H,T,K], bias [B,1,1 or Tq,T] -> [B,Tq,H*K]
struct OnnxAttention {
  std::string q, k, v, bias;
  int64_t heads = 1;
  int64_t head_width = 1;  // K
};
std::string attend(OnnxGraph& graph, const OnnxAttention& call);

/// nn::RotaryAngles, of [B,T] positions.
struct OnnxAngles {
  std::string cos;  // [B,1,T,K]
  std::string sin;  // [B,1,T,K]
};
OnnxAngles rotary_angles(OnnxGraph& graph, const std::string& positions, int64_t head_width, double theta);
/// nn::rotate() of x [B,H,T,K].
std::string rotate(OnnxGraph& graph, const std::string& x, int64_t head_width, const OnnxAngles& angles);

}  // namespace rift::models
