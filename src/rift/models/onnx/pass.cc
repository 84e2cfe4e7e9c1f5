#include "rift/models/onnx/pass.h"

#include <fmt/format.h>

namespace rift::models {

OnnxPass OnnxPasses::make(const OnnxLayerKind& kind, TokensRead read) {
  graph_.enter("attention");
  OnnxPass pass{.tokens = tokens_,
                .read = read,
                .bias = attention_bias(graph_, tokens_, read, kind.reach),
                .angles = std::nullopt,
                .angles_read = std::nullopt};
  if (kind.frequencies == nullptr) return pass;
  const std::string name = fmt::format("rotary.{}", kind.name);
  pass.angles = rotary_angles(graph_, name, tokens_.positions, *kind.frequencies);
  const std::string positions = pass.chosen(graph_, tokens_.positions);
  pass.angles_read = read == TokensRead::kAll ? pass.angles : rotary_angles(graph_, name, positions, *kind.frequencies);
  return pass;
}

const OnnxPass& OnnxPasses::enter(size_t layer, const OnnxLayerKind& kind) {
  const std::pair key(kind.name, layer + 1 == layers_ ? read_ : TokensRead::kAll);
  auto pass = made_.find(key);
  if (pass == made_.end()) pass = made_.emplace(key, make(kind, key.second)).first;
  graph_.enter(fmt::format("layers.{}", layer));
  return pass->second;
}

}  // namespace rift::models
