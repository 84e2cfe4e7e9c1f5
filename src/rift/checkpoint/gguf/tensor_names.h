#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rift::checkpoint {

/// How a tensor of a GGUF file differs from that of the Hugging Face checkpoint which the file was made from.
enum class GgufChange {
  kNone,
  kRotaryRows,  // rows of each head: the pair (i, i + K/2) that is rotated together lies side by side, at 2i and 2i + 1
  kTransposed,  // [out,in] where GPT-2's Conv1D has [in,out]
  kPlusOne,     // w + 1 where the norm computes x * (1 + w)
};

/// Whether the rows of a matrix, or (`transposed`) of its transpose, are those of the checkpoint, though in another
/// order: then the blocks of a quantised one can be kept as they are.
constexpr bool keeps_rows(GgufChange change, bool transposed) {
  if (transposed) return change == GgufChange::kTransposed;
  return change == GgufChange::kNone || change == GgufChange::kRotaryRows;
}

/// The module of a tensor in either naming; ".weight" or ".bias" follows. `change` holds for both, but for kTransposed,
/// which is of the weight.
struct GgufModule {
  std::string_view gguf;
  std::string_view hf;
  GgufChange change = GgufChange::kNone;
};

/// One architecture of llama.cpp and the names of its tensors there and in transformers.
/// Source: gguf-py's tensor_mapping.py and llama.cpp's convert_hf_to_gguf.py.
struct GgufArchitecture {
  std::string_view name;        // general.architecture
  std::string_view model_type;  // of config.json
  std::string_view layers;      // "model.layers.": before a layer's number and the names of `layer`
  std::span<const GgufModule> whole;
  std::span<const GgufModule> layer;  // in GGUF below "blk.<number>."
};

/// Throws kUnsupported naming the architecture and those that there are. `source` is the file, for errors.
const GgufArchitecture& gguf_architecture(std::string_view name, std::string_view source);

/// The architecture whose files llama.cpp makes of models of this type; nullptr when rift knows of none.
const GgufArchitecture* gguf_architecture_of(std::string_view model_type);

struct GgufTensorName {
  std::string name;
  GgufChange change = GgufChange::kNone;
};
/// Between the two names of a tensor; nothing when the architecture has no such tensor.
std::optional<GgufTensorName> hf_tensor_name(const GgufArchitecture& architecture, std::string_view gguf_name);
std::optional<GgufTensorName> gguf_tensor_name(const GgufArchitecture& architecture, std::string_view hf_name);

}  // namespace rift::checkpoint
