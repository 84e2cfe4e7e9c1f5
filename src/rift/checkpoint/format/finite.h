#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "rift/checkpoint/format/dtype.h"

namespace rift::checkpoint::format {

/// How many of the elements (little-endian, as stored) are NaN or infinite; 0 for types that have neither.
int64_t count_not_finite(DType dtype, std::span<const std::byte> bytes);

}  // namespace rift::checkpoint::format
