#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "rift/nn/layer_norm.h"
#include "rift/nn/parameters.h"
#include "rift/tensor/packed_batch.h"

namespace rift::nn {

/// Row lookup: ids [S] int64 -> [S,D]; weight [count,D], which may be held frozen (Parameter::frozen): the rows asked
/// for are then read from it.
struct Embedding {
  const Parameter* weight = nullptr;

  /// Registers `name`.weight.
  static Embedding add_to(ParameterStore& store, const std::string& name, int64_t count, int64_t width);
  /// Where the weight trains, the backward pass adds its gradient to weight.grad, which must exist by now (sealed
  /// stores have it), and hands none to autograd: torch::autograd::grad() of the weight is undefined.
  at::Tensor forward(const at::Tensor& ids) const;
  bool trainable() const { return weight->trainable; }
};

/// BERT's embeddings: LayerNorm(words[id] + types[type] + positions[position]), or without types.
struct TokenTables {
  const Embedding& words;
  const Embedding* types;  // nullptr where a model has none
  const Embedding& positions;
  const LayerNorm& norm;
};

/// Whether embed_tokens() computes them: on a CPU, in f32, none held frozen, a width that is a multiple of 32.
bool embeds_tokens(const TokenTables& tables);
/// All of it in one pass over the batch's tokens, [S,D], without gradient. `positions` [S]: rows of their table. Ids
/// and positions must lie in their tables.
at::Tensor embed_tokens(const TokenTables& tables, const tensor::PackedBatch& batch, const at::Tensor& positions);

}  // namespace rift::nn
