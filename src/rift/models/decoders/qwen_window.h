#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rift/models/decoders/llama_family.h"

namespace rift::models {

/// Which layers of a Qwen2 or Qwen3 see a window only, under transformers' names.
struct QwenWindowOptions {
  bool use_sliding_window = false;
  std::optional<int64_t> sliding_window = 4096;
  int64_t max_window_layers = 28;
  std::optional<std::vector<LayerType>> layer_types;

  template <class V>
  void visit(V& v) {
    v("use_sliding_window", use_sliding_window, "Whether sliding_window counts.");
    v("sliding_window", sliding_window, "Tokens that a token of a sliding layer sees, itself included.",
      in_range(1, kLargestSize));
    v("max_window_layers", max_window_layers, "The layer from which on layers slide.", at_least(0));
    v("layer_types", layer_types, "What each layer attends to.");
  }

  /// Of each layer. Throws kArtefact naming `source`: another number of them than layers, a layer that slides where no
  /// window counts.
  std::vector<LayerType> types(int64_t layers, std::string_view source) const;

  /// Says in `all`, a config.json, what types() makes of the options: layer_types, and the window where a layer slides.
  /// The other keys, which have no say beside them, are taken out. Throws as types() does.
  void complete(Json& all, int64_t layers, std::string_view source) const;
};

}  // namespace rift::models
