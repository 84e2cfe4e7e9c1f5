#pragma once

#include <cstdint>
#include <span>

#include "rift/checkpoint/format/tensor_archive.h"
#include "rift/checkpoint/model_layout.h"

namespace rift::checkpoint {

/// Rows of the class head that a file holds, found by its name and width; 0 where it holds none.
int64_t classifier_outputs(std::span<const format::TensorInfo> tensors, const ModelLayout& layout);

}  // namespace rift::checkpoint
