#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rift/checkpoint/format/dtype.h"

/// Element types of GGUF tensors. A quantised row is a row of blocks; a block holds scales and packed small numbers.
/// Source: ggml/include/ggml.h (numbers), ggml/src/ggml-common.h (blocks) and ggml-quants.c (formulas) of llama.cpp.
namespace rift::checkpoint::format {

/// Numbers as they stand in the file.
enum class GgmlType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kQ8_K = 15,
  kI8 = 24,
  kI16 = 25,
  kI32 = 26,
  kI64 = 27,
  kF64 = 28,
  kBF16 = 30,
};

struct GgmlTypeInfo {
  GgmlType type;
  std::string_view name;   // "Q4_K"
  int64_t block_elements;  // 1 for plain types
  int64_t block_bytes;
  DType dtype;  // of the elements as rift reads them: F32 for quantised types
  bool quantised() const { return block_elements > 1; }
};

const GgmlTypeInfo& ggml_type_info(GgmlType type);
std::optional<GgmlType> ggml_type_of(uint32_t number);  // nothing for a number that rift does not read
/// Name of a type that GGUF defines and rift does not read ("IQ2_XXS", "TQ1_0", ...); empty for other numbers.
std::string_view known_unsupported_ggml_type(uint32_t number);

/// Values of whole blocks, with the operations of llama.cpp's reference in its order, each rounded to f32: equal to
/// the bit. `type` is quantised; blocks.size() * block_elements == out.size() * block_bytes.
void dequantize_blocks(GgmlType type, std::span<const std::byte> blocks, std::span<float> out);

/// Whether the scales of all blocks are finite as f16, which holds numbers below 65520.
bool fits_q8_0(std::span<const float> values);

/// The Q8_0 blocks of finite values in whole blocks of 32: scale = largest absolute value / 127 (as f16), numbers
/// rounded half away from zero; equal to the bit to quantize_row_q8_0_ref.
void quantize_q8_0(std::span<const float> values, std::span<std::byte> blocks);

}  // namespace rift::checkpoint::format
