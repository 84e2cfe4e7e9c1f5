#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "rift/nn/parameters.h"

namespace rift::nn {

/// Row lookup: ids [S] int64 -> [S,D]; weight [count,D].
struct Embedding {
  const Parameter* weight = nullptr;

  /// Registers `name`.weight.
  static Embedding add_to(ParameterStore& store, const std::string& name, int64_t count, int64_t width);
  at::Tensor forward(const at::Tensor& ids) const;
  bool trainable() const { return weight->trainable; }
};

}  // namespace rift::nn
