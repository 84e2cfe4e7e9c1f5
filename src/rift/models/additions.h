#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rift/nn/parameters.h"

namespace rift::models {

/// A part of a layer whose result is added to the states.
enum class LayerPart { kAttention, kFeedForward };
inline constexpr size_t kLayerParts = 2;

/// What follows that addition: a post-norm layer's norm, or nothing.
using StateNorm = std::function<at::Tensor(const at::Tensor&)>;

/// A small network behind a part of a layer (a bottleneck adapter; room `tuning`).
class StateAdapter {
 public:
  virtual ~StateAdapter() = default;
  /// The states after the part: from y, which the part gives, x, which it is to be added to, and the norm of the sum.
  virtual at::Tensor join(const at::Tensor& y, const at::Tensor& x, const StateNorm& norm) const = 0;
  virtual std::vector<const nn::Parameter*> parameters() const = 0;
};

/// What a tuning method lays into an encoder beside its linear maps. Its parameters live in the model's ParameterStore.
struct Additions {
  using OfLayer = std::array<std::shared_ptr<const StateAdapter>, kLayerParts>;
  std::vector<OfLayer> behind;            // [L] by LayerPart, or empty
  const nn::Parameter* prompt = nullptr;  // [P,W] in the place of P token embeddings before each row
  const nn::Parameter* prefix = nullptr;  // [P,L*2*K]: keys and values before each row's own, layer by layer

  bool empty() const { return behind.empty() && prompt == nullptr && prefix == nullptr; }
  /// Of one stage: 0 has the prompt, layer i is stage i + 1; the prefix reaches into every layer.
  std::vector<const nn::Parameter*> parameters(int64_t stage) const;
  std::vector<const nn::Parameter*> parameters() const;
  bool trains(int64_t stage) const;
};

/// What a model can take of them.
struct AdditionSizes {
  std::string why_no_adapters;  // behind parts of layers; "" where it takes them
  std::string why_no_prompt;
  std::string why_no_prefix;
  int64_t width = 0;      // of states
  int64_t key_width = 0;  // of all heads' keys together
  int64_t key_heads = 0;
  const nn::Parameter* word_table = nullptr;  // [vocabulary,W]
  double word_scale = 1;                      // of its rows as embeddings
};

}  // namespace rift::models
