#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rift::checkpoint::format {

/// Element types of tensors in model files, in safetensors' own order (which its writer sorts by).
enum class DType { kBool, kU8, kI8, kI16, kF16, kBF16, kI32, kF32, kF64, kI64 };

std::string_view dtype_name(DType dtype);  // "F32", as safetensors spells it
int64_t dtype_size_bytes(DType dtype);     // of one element
bool is_floating(DType dtype);
std::optional<DType> parse_dtype(std::string_view name);
/// True for names that safetensors defines and rift does not read ("F8_E4M3", "U64", ...).
bool is_known_unsupported_dtype(std::string_view name);
std::string supported_dtype_names();  // "BOOL, U8, ..., I64", for messages

}  // namespace rift::checkpoint::format
