#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rift/models/onnx/graph.h"
#include "rift/models/onnx/tokens.h"
#include "rift/nn/rotary_scaling.h"

namespace rift::models {

/// Which tokens of its row a token attends to, as nn::AttentionCall says it.
struct OnnxReach {
  bool causal = false;
  std::optional<int64_t> window;
};

/// What attention adds to the scores of the tokens that are read: 0, or f32's lowest number where the key is padding or
/// out of reach. That is not minus infinity so that a row of nothing but padding gives no NaN. -> [B,1,1,T], or
/// [B,1,Tq,T] where the reach depends on the token
std::string attention_bias(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read, const OnnxReach& reach);

/// Heads that lie next to each other get a dimension: [B,T,H*K] -> [B,H,T,K].
std::string split_heads(OnnxGraph& graph, const std::string& x, int64_t heads, int64_t head_width);

/// softmax(scale q k^T + bias) v.  q [B,H,Tq,K], k and v [B,G,T,K], bias [B,1,1 or Tq,T], "" for none ->
/// [B,Tq,H*K]
struct OnnxAttention {
  std::string q, k, v, bias;
  int64_t heads = 1;
  int64_t key_heads = 0;        // G, each for heads / G heads of q that follow each other; 0: as many as heads
  int64_t head_width = 1;       // K
  std::optional<double> scale;  // nullopt: 1 / sqrt(K)
};
std::string attend(OnnxGraph& graph, const OnnxAttention& call);

/// nn::RotaryAngles, of [B,T] positions.
struct OnnxAngles {
  std::string cos;  // [B,1,T,K]
  std::string sin;  // [B,1,T,K]
};
/// `name` is that of the frequencies in the file; others need another.
OnnxAngles rotary_angles(OnnxGraph& graph, const std::string& name, const std::string& positions,
                         const nn::RotaryFrequencies& frequencies);
/// nn::rotate() of x [B,H,T,K].
std::string rotate(OnnxGraph& graph, const std::string& x, int64_t head_width, const OnnxAngles& angles);

}  // namespace rift::models
