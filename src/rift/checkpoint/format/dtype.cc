#include "rift/checkpoint/format/dtype.h"

#include <algorithm>
#include <array>

namespace rift::checkpoint::format {
namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  int64_t size_bytes;
  bool floating;
};

constexpr std::array<DTypeRow, 10> kTable = {{
    {DType::kBool, "BOOL", 1, false},
    {DType::kU8, "U8", 1, false},
    {DType::kI8, "I8", 1, false},
    {DType::kI16, "I16", 2, false},
    {DType::kF16, "F16", 2, true},
    {DType::kBF16, "BF16", 2, true},
    {DType::kI32, "I32", 4, false},
    {DType::kF32, "F32", 4, true},
    {DType::kF64, "F64", 8, true},
    {DType::kI64, "I64", 8, false},
}};

constexpr std::string_view kUnsupported[] = {"F4",          "F6_E2M3", "F6_E3M2", "F8_E5M2", "F8_E4M3", "F8_E5M2FNUZ",
                                             "F8_E4M3FNUZ", "F8_E8M0", "U16",     "U32",     "U64",     "C64"};

const DTypeRow& row(DType dtype) { return kTable[static_cast<size_t>(dtype)]; }

}  // namespace

std::string_view dtype_name(DType dtype) { return row(dtype).name; }
int64_t dtype_size_bytes(DType dtype) { return row(dtype).size_bytes; }
bool is_floating(DType dtype) { return row(dtype).floating; }

std::optional<DType> parse_dtype(std::string_view name) {
  for (const auto& entry : kTable) {
    if (entry.name == name) return entry.dtype;
  }
  return std::nullopt;
}

bool is_known_unsupported_dtype(std::string_view name) {
  return std::find(std::begin(kUnsupported), std::end(kUnsupported), name) != std::end(kUnsupported);
}

std::string supported_dtype_names() {
  std::string names;
  for (const auto& entry : kTable) {
    if (!names.empty()) names += ", ";
    names += entry.name;
  }
  return names;
}

}  // namespace rift::checkpoint::format
