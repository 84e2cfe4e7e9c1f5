#include "rift/checkpoint/format/finite.h"

#include <cstring>

namespace rift::checkpoint::format {
namespace {

/// An IEEE 754 number is NaN or infinite when all bits of its exponent are set.
template <class Bits>
int64_t count_full_exponents(std::span<const std::byte> bytes, Bits exponent) {
  int64_t count = 0;
  for (size_t at = 0; at + sizeof(Bits) <= bytes.size(); at += sizeof(Bits)) {
    Bits value;
    std::memcpy(&value, bytes.data() + at, sizeof(Bits));
    count += (value & exponent) == exponent ? 1 : 0;
  }
  return count;
}

}  // namespace

int64_t count_not_finite(DType dtype, std::span<const std::byte> bytes) {
  switch (dtype) {
    case DType::kF16:
      return count_full_exponents<uint16_t>(bytes, 0x7C00);
    case DType::kBF16:
      return count_full_exponents<uint16_t>(bytes, 0x7F80);
    case DType::kF32:
      return count_full_exponents<uint32_t>(bytes, 0x7F800000u);
    case DType::kF64:
      return count_full_exponents<uint64_t>(bytes, 0x7FF0000000000000ull);
    default:
      return 0;
  }
}

}  // namespace rift::checkpoint::format
