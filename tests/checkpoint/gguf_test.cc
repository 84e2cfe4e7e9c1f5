#include "rift/checkpoint/format/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "checkpoint/same_tensors.h"
#include "checkpoint/whole_files.h"
#include "rift/base/files.h"
#include "rift/checkpoint/format/half.h"
#include "rift/checkpoint/format/safetensors.h"
#include "support/failure.h"
#include "support/temp_directory.h"

// A file of gguf-py, made by tools/fixtures/checkpoint/gguf_files.py, beside the values that it makes of the blocks.
namespace rift::checkpoint::format {
namespace {

using test::elements_of;
using test::failure;
using test::GgufTensorBytes;
using test::TempDirectory;
using test::write_gguf;
using testing::ElementsAre;
using testing::StartsWith;

const std::string kFolder = "tests/checkpoint/fixtures/gguf/";

/// Elements as f32, whatever floating type the file has.
std::vector<float> floats_of(const TensorArchive& file, std::string_view name) {
  const TensorInfo& tensor = file.at(name);
  const auto bytes = elements_of(file, tensor);
  std::vector<float> values(static_cast<size_t>(tensor.element_count()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (tensor.dtype == DType::kF32) std::memcpy(&values[i], &bytes[4 * i], 4);
    if (tensor.dtype == DType::kBF16) {
      uint16_t half;
      std::memcpy(&half, &bytes[2 * i], 2);
      values[i] = std::bit_cast<float>(static_cast<uint32_t>(half) << 16);
    }
  }
  return values;
}

TEST(Gguf, QuantisedTypesAreReadToTheBitAsGgufPyReadsThem) {
  const auto file = Gguf::open(kFolder + "types.gguf");
  const auto expected = Safetensors::open(kFolder + "types.safetensors");
  for (const char* type :
       {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K", "BF16"}) {
    const TensorInfo& tensor = file.at(type);
    EXPECT_EQ(tensor.stored_name(), type);
    EXPECT_EQ(tensor.shape, expected.at(type).shape);
    EXPECT_EQ(floats_of(file, type), floats_of(expected, type)) << type;
  }
}

TEST(Gguf, PlainTypesAreReadAsTheyAre) {
  const auto file = Gguf::open(kFolder + "types.gguf");
  const auto expected = Safetensors::open(kFolder + "types.safetensors");
  int plain = 0;
  for (const auto& tensor : expected.tensors()) {
    if (!tensor.name.starts_with("plain.")) continue;
    EXPECT_EQ(file.at(tensor.name).dtype, tensor.dtype) << tensor.name;
    EXPECT_EQ(file.at(tensor.name).shape, tensor.shape) << tensor.name;
    EXPECT_EQ(elements_of(file, file.at(tensor.name)), elements_of(expected, tensor)) << tensor.name;
    ++plain;
  }
  EXPECT_EQ(plain, 7);
}

TEST(Gguf, MetadataIsTyped) {
  const auto file = Gguf::open(kFolder + "types.gguf");
  EXPECT_EQ(file.text("general.architecture"), "test");
  EXPECT_EQ(file.whole_number("test.block_count"), 2);
  EXPECT_EQ(file.number("test.epsilon"), 1e-5f);
  EXPECT_TRUE(file.truth("test.tied"));
  EXPECT_THAT(file.texts("tokenizer.ggml.tokens"), ElementsAre("<s>", "a", "\xC3\xA4", ""));
  EXPECT_THAT(std::get<std::vector<double>>(file.find_value("tokenizer.ggml.scores")->data),
              ElementsAre(0.0, -1.0, -2.5, -3.0));
  EXPECT_THAT(std::get<std::vector<int64_t>>(file.find_value("test.sizes")->data), ElementsAre(1, -2, 3));
}

TEST(Gguf, BlocksStayAsTheyAreForABaseThatStaysQuantised) {
  const auto file = Gguf::open(kFolder + "types.gguf");
  const TensorInfo& tensor = file.at("Q4_K");
  std::vector<std::byte> blocks(static_cast<size_t>(tensor.end - tensor.begin));
  ASSERT_EQ(blocks.size(), 6u * 144u);
  file.read_stored(tensor, blocks);
  std::vector<float> values(6 * 256);
  dequantize_blocks(file.type(tensor), blocks, values);
  EXPECT_EQ(values, floats_of(file, "Q4_K"));
}

TEST(GgufWriter, WhatIsWrittenIsReadBack) {
  const TempDirectory directory;
  const auto original = Gguf::open(kFolder + "types.gguf");
  std::vector<std::vector<std::byte>> kept;
  std::vector<GgufTensorBytes> tensors;
  for (const auto& tensor : original.tensors()) {
    kept.emplace_back(static_cast<size_t>(tensor.end - tensor.begin));
    original.read_stored(tensor, kept.back());
    tensors.push_back({tensor.name, original.type(tensor), tensor.shape, kept.back()});
  }
  write_gguf(directory / "w.gguf", original.metadata(), tensors);
  const auto again = Gguf::open(directory / "w.gguf");
  EXPECT_EQ(again.metadata(), original.metadata());
  test::expect_same_tensors(again, original);
  EXPECT_EQ(read_file(directory / "w.gguf"), read_file(kFolder + "types.gguf")) << "as gguf-py lays it out";
}

TEST(GgufWriter, WhatTheReaderWouldRefuseIsABugOfTheCaller) {
  const TempDirectory directory;
  const std::vector<std::byte> bytes(16);
  const auto write = [&](const GgufTensorBytes& tensor) {
    return failure([&] { write_gguf(directory / "w.gguf", {}, {{tensor}}); });
  };
  EXPECT_EQ(write({"t", GgmlType::kF32, {2, 2}, bytes}), "nothing");
  EXPECT_THAT(write({"t", GgmlType::kF32, {2, 3}, bytes}), StartsWith("bug"));
  EXPECT_THAT(write({"t", GgmlType::kF32, {2}, bytes}), StartsWith("bug"));
  EXPECT_THAT(write({"", GgmlType::kF32, {2, 2}, bytes}), StartsWith("bug"));
  EXPECT_THAT(write({"t", GgmlType::kQ8_0, {4}, bytes}), StartsWith("bug"));
}

TEST(GgufQuants, Q8TakesTheNearestNumberHalvesAwayFromZero) {
  std::vector<float> exact(64);
  for (size_t i = 0; i < exact.size(); ++i) exact[i] = static_cast<float>(static_cast<int>(i) - 30);
  exact[0] = 127.0f;    // the scale is 1
  exact[32] = -254.0f;  // the scale is 2: odd numbers lie half-way
  std::vector<std::byte> made(68);
  quantize_q8_0(exact, made);
  std::vector<float> back(64);
  dequantize_blocks(GgmlType::kQ8_0, made, back);
  for (size_t i = 0; i < 32; ++i) EXPECT_EQ(back[i], exact[i]) << i;
  EXPECT_EQ(back[33], 4.0f) << "3 lies half-way between 2 and 4 and is rounded away from zero";
  quantize_q8_0(std::vector<float>(32, 0.0f), std::span(made).first(34));
  EXPECT_EQ(std::vector<std::byte>(made.begin(), made.begin() + 34), std::vector<std::byte>(34));
}

TEST(GgufQuants, Q8HoldsWhatItsScaleHolds) {
  std::vector<float> values(32, 1.0f);
  values[5] = -65519.0f * 127.0f;
  ASSERT_TRUE(fits_q8_0(values));
  std::vector<std::byte> made(34);
  quantize_q8_0(values, made);
  std::vector<float> back(32);
  dequantize_blocks(GgmlType::kQ8_0, made, back);
  EXPECT_EQ(back[5], -65504.0f * 127.0f);
  for (const float beyond : {-65520.0f * 127.0f, 1e9f, std::numeric_limits<float>::quiet_NaN()}) {
    values[5] = beyond;
    EXPECT_FALSE(fits_q8_0(values)) << beyond;
  }
}

TEST(Half, EveryNumberComesBackAndTheNearestIsTaken) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = half_to_float(static_cast<uint16_t>(bits));
    if (std::isnan(value)) continue;
    ASSERT_EQ(float_to_half(value), bits) << bits;
  }
  EXPECT_EQ(half_to_float(0x3C00), 1.0f);
  EXPECT_EQ(half_to_float(0x0001), 0x1p-24f);
  EXPECT_EQ(half_to_float(0xFBFF), -65504.0f);
  EXPECT_TRUE(std::isnan(half_to_float(float_to_half(NAN))));
  EXPECT_EQ(float_to_half(65519.0f), 0x7BFF);
  EXPECT_EQ(float_to_half(65520.0f), 0x7C00);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::max()), 0x7C00);
  EXPECT_EQ(float_to_half(1.0f + 0x1p-11f), 0x3C00) << "a tie goes to even";
  EXPECT_EQ(float_to_half(1.0f + 0x1.8p-10f), 0x3C02) << "a tie goes to even";
  EXPECT_EQ(float_to_half(0x1p-25f), 0x0000) << "a tie goes to even";
  EXPECT_EQ(float_to_half(0x1.8p-24f), 0x0002) << "a tie goes to even";
}

}  // namespace
}  // namespace rift::checkpoint::format
