#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "rift/checkpoint/format/gguf_quants.h"

/// Every element type of GGUF, for tables.
namespace rift::checkpoint::format {

std::span<const GgmlTypeInfo> ggml_types();                    // that rift reads
std::vector<std::string_view> known_unsupported_ggml_types();  // names of those that it does not

/// Throws kUnsupported for one of those, saying what to take instead; `place` names file and tensor.
[[noreturn]] void refuse_ggml_type(std::string_view place, std::string_view name);

}  // namespace rift::checkpoint::format
