#pragma once

#include "rift/base/options.h"

namespace rift::checkpoint {

/// What floating tensors are written as. q8_0, blocks of 32 numbers of one byte and their scale, is of GGUF files only.
enum class FloatType { kF32, kF16, kBF16, kQ8_0 };
constexpr auto enum_names(FloatType) {
  return std::to_array<EnumName<FloatType>>(
      {{FloatType::kF32, "f32"}, {FloatType::kF16, "f16"}, {FloatType::kBF16, "bf16"}, {FloatType::kQ8_0, "q8_0"}});
}

}  // namespace rift::checkpoint
