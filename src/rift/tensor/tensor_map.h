#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace rift::tensor {

/// Tensors by name, in name order: what a checkpoint holds and what a model is built from.
using TensorMap = std::map<std::string, at::Tensor>;

}  // namespace rift::tensor
