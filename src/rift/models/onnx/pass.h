#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rift/models/onnx/attention.h"
#include "rift/models/onnx/graph.h"
#include "rift/models/onnx/tokens.h"
#include "rift/nn/rotary_scaling.h"

namespace rift::models {

/// What a layer of the graph knows beside its states: LayerPass of a graph.
struct OnnxPass {
  OnnxTokens tokens;
  TokensRead read = TokensRead::kAll;  // the tokens that the layer gives
  std::string bias;                    // of its attention, [B,1,1 or Tq,T]
  std::optional<OnnxAngles> angles;    // of all tokens, where the layer has rotary positions
  std::optional<OnnxAngles> angles_read;

  /// Of x [B,T,...] the tokens that the layer gives.
  std::string chosen(OnnxGraph& graph, const std::string& x) const { return read_tokens(graph, x, tokens, read); }
};

/// Layers that attend alike.
struct OnnxLayerKind {
  std::string_view name;  // tells the kinds of a model apart
  OnnxReach reach;
  const nn::RotaryFrequencies* frequencies = nullptr;  // nullptr: no rotary positions
};

/// The passes of a model's layers, in which those of a kind share what they have in common. The last layer gives the
/// tokens of `read`, those below all.
class OnnxPasses {
 public:
  OnnxPasses(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read, size_t layers)
      : graph_(graph), tokens_(tokens), read_(read), layers_(layers) {}

  /// Of the layer with this number, which the graph enters.
  const OnnxPass& enter(size_t layer, const OnnxLayerKind& kind);

 private:
  OnnxPass make(const OnnxLayerKind& kind, TokensRead read);

  OnnxGraph& graph_;
  OnnxTokens tokens_;
  TokensRead read_;
  size_t layers_;
  std::map<std::pair<std::string_view, TokensRead>, OnnxPass> made_;
};

}  // namespace rift::models
