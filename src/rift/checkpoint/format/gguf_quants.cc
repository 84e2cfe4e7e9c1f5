#include "rift/checkpoint/format/gguf_quants.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "rift/base/error.h"
#include "rift/base/little_endian.h"
#include "rift/checkpoint/format/ggml_types.h"
#include "rift/checkpoint/format/half.h"

namespace rift::checkpoint::format {
namespace {

constexpr std::array<GgmlTypeInfo, 19> kTypes = {{
    {GgmlType::kF32, "F32", 1, 4, DType::kF32},       {GgmlType::kF16, "F16", 1, 2, DType::kF16},
    {GgmlType::kQ4_0, "Q4_0", 32, 18, DType::kF32},   {GgmlType::kQ4_1, "Q4_1", 32, 20, DType::kF32},
    {GgmlType::kQ5_0, "Q5_0", 32, 22, DType::kF32},   {GgmlType::kQ5_1, "Q5_1", 32, 24, DType::kF32},
    {GgmlType::kQ8_0, "Q8_0", 32, 34, DType::kF32},   {GgmlType::kQ2_K, "Q2_K", 256, 84, DType::kF32},
    {GgmlType::kQ3_K, "Q3_K", 256, 110, DType::kF32}, {GgmlType::kQ4_K, "Q4_K", 256, 144, DType::kF32},
    {GgmlType::kQ5_K, "Q5_K", 256, 176, DType::kF32}, {GgmlType::kQ6_K, "Q6_K", 256, 210, DType::kF32},
    {GgmlType::kQ8_K, "Q8_K", 256, 292, DType::kF32}, {GgmlType::kI8, "I8", 1, 1, DType::kI8},
    {GgmlType::kI16, "I16", 1, 2, DType::kI16},       {GgmlType::kI32, "I32", 1, 4, DType::kI32},
    {GgmlType::kI64, "I64", 1, 8, DType::kI64},       {GgmlType::kF64, "F64", 1, 8, DType::kF64},
    {GgmlType::kBF16, "BF16", 1, 2, DType::kBF16},
}};

struct UnsupportedType {
  uint32_t number;
  std::string_view name;
};
constexpr UnsupportedType kUnsupported[] = {
    {9, "Q8_1"},   {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"},
    {22, "IQ2_S"}, {23, "IQ4_XS"},  {29, "IQ1_M"},  {34, "TQ1_0"},   {35, "TQ2_0"}, {39, "MXFP4"},
};

/// One block of bytes and where its values go. Offsets below are those of the C structures of ggml-common.h.
using Bytes = const std::byte*;

uint8_t byte_at(Bytes at) { return static_cast<uint8_t>(*at); }
int8_t signed_byte_at(Bytes at) { return static_cast<int8_t>(*at); }
float half_at(Bytes at) { return half_to_float(little_endian<uint16_t>(at)); }

// ---- blocks of 32: value j in the low halves of the bytes, value j + 16 in the high ones ----

/// d, qs[16]: value = d * (q - 8)
void q4_0(Bytes block, float* out) {
  const float d = half_at(block);
  for (int j = 0; j < 16; ++j) {
    const uint8_t pair = byte_at(block + 2 + j);
    out[j] = static_cast<float>((pair & 0xF) - 8) * d;
    out[j + 16] = static_cast<float>((pair >> 4) - 8) * d;
  }
}

/// d, m, qs[16]: value = d * q + m
void q4_1(Bytes block, float* out) {
  const float d = half_at(block);
  const float m = half_at(block + 2);
  for (int j = 0; j < 16; ++j) {
    const uint8_t pair = byte_at(block + 4 + j);
    out[j] = static_cast<float>(pair & 0xF) * d + m;
    out[j + 16] = static_cast<float>(pair >> 4) * d + m;
  }
}

/// Fifth bits of values j and j + 16, in place.
int fifth_bit_low(uint32_t bits, int j) { return static_cast<int>(bits >> j << 4 & 0x10); }
int fifth_bit_high(uint32_t bits, int j) { return static_cast<int>(bits >> (j + 12) & 0x10); }

/// d, qh[4], qs[16]: value = d * (q - 16)
void q5_0(Bytes block, float* out) {
  const float d = half_at(block);
  const auto bits = little_endian<uint32_t>(block + 2);
  for (int j = 0; j < 16; ++j) {
    const uint8_t pair = byte_at(block + 6 + j);
    out[j] = static_cast<float>(((pair & 0xF) | fifth_bit_low(bits, j)) - 16) * d;
    out[j + 16] = static_cast<float>(((pair >> 4) | fifth_bit_high(bits, j)) - 16) * d;
  }
}

/// d, m, qh[4], qs[16]: value = d * q + m
void q5_1(Bytes block, float* out) {
  const float d = half_at(block);
  const float m = half_at(block + 2);
  const auto bits = little_endian<uint32_t>(block + 4);
  for (int j = 0; j < 16; ++j) {
    const uint8_t pair = byte_at(block + 8 + j);
    out[j] = static_cast<float>((pair & 0xF) | fifth_bit_low(bits, j)) * d + m;
    out[j + 16] = static_cast<float>((pair >> 4) | fifth_bit_high(bits, j)) * d + m;
  }
}

/// d, qs[32]: value = d * q
void q8_0(Bytes block, float* out) {
  const float d = half_at(block);
  for (int j = 0; j < 32; ++j) out[j] = static_cast<float>(signed_byte_at(block + 2 + j)) * d;
}

// ---- blocks of 256: scales of groups of 16 or 32 values, themselves scaled ----

/// scales[16], qs[64], d, dmin: a scale's low half times d, its high half times dmin; value = scale * q - minimum
void q2_k(Bytes block, float* out) {
  const float d = half_at(block + 80);
  const float dmin = half_at(block + 82);
  Bytes scales = block;
  for (Bytes q = block + 16; q < block + 80; q += 32) {
    for (int shift = 0; shift < 8; shift += 2) {
      for (int group = 0; group < 2; ++group, ++scales) {
        const float scale = d * static_cast<float>(byte_at(scales) & 0xF);
        const float minimum = dmin * static_cast<float>(byte_at(scales) >> 4);
        for (int l = 0; l < 16; ++l)
          *out++ = scale * static_cast<float>(byte_at(q + 16 * group + l) >> shift & 3) - minimum;
      }
    }
  }
}

/// hmask[32], qs[64], scales[12], d: 16 scales of 6 bits (less 32), the upper 2 bits of all in the last 4 bytes;
/// value = scale * (q - 4 unless its bit in hmask is set)
void q3_k(Bytes block, float* out) {
  const float d = half_at(block + 108);
  Bytes packed = block + 96;
  int scales[16];
  for (int i = 0; i < 16; ++i) {
    const int low = i < 8 ? byte_at(packed + i) & 0xF : byte_at(packed + i - 8) >> 4;
    const int high = byte_at(packed + 8 + i % 4) >> (2 * (i / 4)) & 3;
    scales[i] = (low | high << 4) - 32;
  }
  const int* scale = scales;
  int mask = 1;
  for (Bytes q = block + 32; q < block + 96; q += 32) {
    for (int shift = 0; shift < 8; shift += 2, mask <<= 1) {
      for (int group = 0; group < 2; ++group) {
        const float factor = d * static_cast<float>(*scale++);
        for (int l = 16 * group; l < 16 * group + 16; ++l) {
          const int number = (byte_at(q + l) >> shift & 3) - ((byte_at(block + l) & mask) != 0 ? 0 : 4);
          *out++ = factor * static_cast<float>(number);
        }
      }
    }
  }
}

struct ScaleAndMinimum {
  float scale;
  float minimum;
};

/// The j-th of 8 pairs of 6 bits that Q4_K and Q5_K pack into 12 bytes: the first four pairs in the low 6 bits of bytes
/// 0..3 and 4..7, the others in the halves of bytes 8..11 with the upper 2 bits of the bytes before.
ScaleAndMinimum packed_pair(Bytes scales, int j) {
  if (j < 4) {
    return {static_cast<float>(byte_at(scales + j) & 63), static_cast<float>(byte_at(scales + j + 4) & 63)};
  }
  return {static_cast<float>((byte_at(scales + j + 4) & 0xF) | byte_at(scales + j - 4) >> 6 << 4),
          static_cast<float>(byte_at(scales + j + 4) >> 4 | byte_at(scales + j) >> 6 << 4)};
}

/// d, dmin, scales[12], qs[128]: value = d * scale * q - dmin * minimum
void q4_k(Bytes block, float* out) {
  const float d = half_at(block);
  const float dmin = half_at(block + 2);
  for (int group = 0; group < 8; ++group) {
    const ScaleAndMinimum pair = packed_pair(block + 4, group);
    const float scale = d * pair.scale;
    const float minimum = dmin * pair.minimum;
    Bytes q = block + 16 + 32 * (group / 2);
    for (int l = 0; l < 32; ++l)
      *out++ = scale * static_cast<float>(byte_at(q + l) >> (4 * (group % 2)) & 0xF) - minimum;
  }
}

/// d, dmin, scales[12], qh[32], qs[128]: as Q4_K with a fifth bit, one bit of qh for each group of 32
void q5_k(Bytes block, float* out) {
  const float d = half_at(block);
  const float dmin = half_at(block + 2);
  Bytes high = block + 16;
  for (int group = 0; group < 8; ++group) {
    const ScaleAndMinimum pair = packed_pair(block + 4, group);
    const float scale = d * pair.scale;
    const float minimum = dmin * pair.minimum;
    Bytes q = block + 48 + 32 * (group / 2);
    for (int l = 0; l < 32; ++l) {
      const int number = (byte_at(q + l) >> (4 * (group % 2)) & 0xF) + ((byte_at(high + l) >> group & 1) != 0 ? 16 : 0);
      *out++ = scale * static_cast<float>(number) - minimum;
    }
  }
}

/// ql[128], qh[64], scales[16], d: value = d * scale * (q - 32), a scale for 16 values
void q6_k(Bytes block, float* out) {
  const float d = half_at(block + 208);
  for (int half = 0; half < 2; ++half) {
    Bytes low = block + 64 * half;
    Bytes high = block + 128 + 32 * half;
    Bytes scales = block + 192 + 8 * half;
    for (int quarter = 0; quarter < 4; ++quarter) {
      for (int l = 0; l < 32; ++l) {
        const int lower = byte_at(low + 32 * (quarter % 2) + l) >> (4 * (quarter / 2)) & 0xF;
        const int upper = byte_at(high + l) >> (2 * quarter) & 3;
        const float scale = d * static_cast<float>(signed_byte_at(scales + 2 * quarter + l / 16));
        *out++ = scale * static_cast<float>((lower | upper << 4) - 32);
      }
    }
  }
}

/// d (f32), qs[256], sums[16]: value = d * q
void q8_k(Bytes block, float* out) {
  const auto d = little_endian<float>(block);
  for (int j = 0; j < 256; ++j) out[j] = d * static_cast<float>(signed_byte_at(block + 4 + j));
}

using BlockFunction = void (*)(Bytes block, float* out);

BlockFunction block_function(GgmlType type) {
  switch (type) {
    case GgmlType::kQ4_0:
      return q4_0;
    case GgmlType::kQ4_1:
      return q4_1;
    case GgmlType::kQ5_0:
      return q5_0;
    case GgmlType::kQ5_1:
      return q5_1;
    case GgmlType::kQ8_0:
      return q8_0;
    case GgmlType::kQ2_K:
      return q2_k;
    case GgmlType::kQ3_K:
      return q3_k;
    case GgmlType::kQ4_K:
      return q4_k;
    case GgmlType::kQ5_K:
      return q5_k;
    case GgmlType::kQ6_K:
      return q6_k;
    case GgmlType::kQ8_K:
      return q8_k;
    default:
      break;
  }
  RIFT_FAIL(Code::kBug, "{} has no blocks", ggml_type_info(type).name);
}

}  // namespace

const GgmlTypeInfo& ggml_type_info(GgmlType type) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& row) { return row.type == type; });
  RIFT_CHECK(found != kTypes.end());
  return *found;
}

std::optional<GgmlType> ggml_type_of(uint32_t number) {
  for (const auto& row : kTypes) {
    if (static_cast<uint32_t>(row.type) == number) return row.type;
  }
  return std::nullopt;
}

std::string_view known_unsupported_ggml_type(uint32_t number) {
  for (const auto& row : kUnsupported) {
    if (row.number == number) return row.name;
  }
  return {};
}

void refuse_ggml_type(std::string_view place, std::string_view name) {
  RIFT_FAIL(Code::kUnsupported, "{}: {} is not read by rift; take a file with F16, Q8_0, Q4_0 to Q5_1 or Q2_K to Q6_K",
            place, name);
}

std::span<const GgmlTypeInfo> ggml_types() { return kTypes; }

std::vector<std::string_view> known_unsupported_ggml_types() {
  std::vector<std::string_view> names;
  for (const UnsupportedType& row : kUnsupported) names.push_back(row.name);
  return names;
}

void dequantize_blocks(GgmlType type, std::span<const std::byte> blocks, std::span<float> out) {
  const GgmlTypeInfo& info = ggml_type_info(type);
  const auto block_bytes = static_cast<size_t>(info.block_bytes);
  const auto block_elements = static_cast<size_t>(info.block_elements);
  const BlockFunction function = block_function(type);
  RIFT_CHECK(blocks.size() % block_bytes == 0 && blocks.size() / block_bytes * block_elements == out.size());
  for (size_t i = 0; i < blocks.size() / block_bytes; ++i)
    function(blocks.data() + i * block_bytes, out.data() + i * block_elements);
}

bool fits_q8_0(std::span<const float> values) {
  constexpr float kFirstBeyondHalf = 65520.0f;  // rounds to infinity
  return std::ranges::all_of(values, [](float value) { return std::fabs(value) / 127.0f < kFirstBeyondHalf; });
}

void quantize_q8_0(std::span<const float> values, std::span<std::byte> blocks) {
  constexpr size_t kElements = 32;
  constexpr size_t kBytes = 34;
  RIFT_CHECK(values.size() % kElements == 0 && blocks.size() == values.size() / kElements * kBytes);
  for (size_t i = 0; i < values.size() / kElements; ++i) {
    const auto block = values.subspan(i * kElements, kElements);
    float largest = 0.0f;
    for (const float value : block) largest = std::max(largest, std::fabs(value));
    const float d = largest / 127.0f;
    const float inverse = d != 0.0f && std::isfinite(1.0f / d) ? 1.0f / d : 0.0f;  // else d is 0 as f16
    const uint16_t scale = float_to_half(d);
    std::memcpy(blocks.data() + i * kBytes, &scale, sizeof scale);
    for (size_t j = 0; j < kElements; ++j)
      blocks[i * kBytes + 2 + j] = static_cast<std::byte>(static_cast<int8_t>(std::round(block[j] * inverse)));
  }
}

}  // namespace rift::checkpoint::format
