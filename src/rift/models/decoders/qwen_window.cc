#include "rift/models/decoders/qwen_window.h"

#include <algorithm>

namespace rift::models {

std::vector<LayerType> QwenWindowOptions::types(int64_t layers, std::string_view source) const {
  const bool slides = use_sliding_window && sliding_window.has_value();
  const std::vector<LayerType> types = rift::models::layer_types(
      layer_types, layers, source, [&](int64_t layer) { return slides && layer >= max_window_layers; });
  RIFT_REQUIRE(slides || std::ranges::find(types, LayerType::kSliding) == types.end(), Code::kArtefact,
               "{}: layer_types: a layer slides, but use_sliding_window or sliding_window says none does", source);
  return types;
}

void QwenWindowOptions::complete(Json& all, int64_t layers, std::string_view source) const {
  const std::vector<LayerType> stated = types(layers, source);
  all["layer_types"] = complete_layer_types(stated);
  if (std::ranges::find(stated, LayerType::kSliding) == stated.end()) all["sliding_window"] = Json();
  all.erase("use_sliding_window");
  all.erase("max_window_layers");
}

}  // namespace rift::models
