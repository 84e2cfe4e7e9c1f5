#include "rift/checkpoint/format/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "checkpoint/whole_files.h"
#include "rift/base/files.h"
#include "rift/checkpoint/format/finite.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::checkpoint::format {
namespace {

using test::failure;
using test::TempDirectory;
using test::TensorBytes;
using test::write_safetensors;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

template <class T>
std::vector<T> read_values(const Safetensors& file, std::string_view name) {
  const TensorInfo& tensor = file.at(name);
  std::vector<T> values(static_cast<size_t>(tensor.size_bytes()) / sizeof(T));
  file.read(tensor, std::as_writable_bytes(std::span(values)));
  return values;
}

const std::vector<float> kFloats = {1.5f, -2.0f, 0.0f, 1e-30f, 3e30f, -0.0f};
const std::vector<int64_t> kInts = {-1, INT64_MAX, INT64_MIN};
const std::vector<uint8_t> kBytes = {0, 255, 7};

std::vector<TensorBytes> some_tensors() {
  return {{"b", DType::kU8, {3}, bytes_of(kBytes)},
          {"z", DType::kF32, {2, 3}, bytes_of(kFloats)},
          {"a", DType::kF32, {6}, bytes_of(kFloats)},
          {"ids", DType::kI64, {1, 3}, bytes_of(kInts)},
          {"none", DType::kF16, {0, 4}, {}}};
}

TEST(SafetensorsWriter, WhatIsWrittenIsReadBack) {
  const TempDirectory directory;
  write_safetensors(directory / "m.safetensors", some_tensors(), {{"format", "pt"}, {"a\"\n", "\xC3\xA4"}});
  const auto file = Safetensors::open(directory / "m.safetensors");
  EXPECT_EQ(read_values<float>(file, "z"), kFloats);
  EXPECT_EQ(read_values<float>(file, "a"), kFloats);
  EXPECT_EQ(read_values<int64_t>(file, "ids"), kInts);
  EXPECT_EQ(read_values<uint8_t>(file, "b"), kBytes);
  EXPECT_EQ(file.at("z").shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(file.at("none").shape, (std::vector<int64_t>{0, 4}));
  EXPECT_EQ(file.metadata(), (Metadata{{"format", "pt"}, {"a\"\n", "\xC3\xA4"}}));
}

TEST(SafetensorsWriter, TensorsStandByElementTypeThenNameEachAligned) {
  const TempDirectory directory;
  write_safetensors(directory / "m.safetensors", some_tensors());
  const auto file = Safetensors::open(directory / "m.safetensors");
  std::vector<std::string> names;
  for (const auto& tensor : file.tensors()) {
    names.push_back(tensor.name);
    EXPECT_EQ(tensor.begin % dtype_size_bytes(tensor.dtype), 0) << tensor.name;
  }
  EXPECT_THAT(names, ElementsAre("ids", "a", "z", "none", "b"));
  EXPECT_EQ(read_file(directory / "m.safetensors")[0] % 8, 0) << "the header's length, little-endian";
}

TEST(SafetensorsWriter, TheSameTensorsInAnotherOrderGiveTheSameBytes) {
  const TempDirectory directory;
  auto tensors = some_tensors();
  write_safetensors(directory / "1.safetensors", tensors);
  std::reverse(tensors.begin(), tensors.end());
  write_safetensors(directory / "2.safetensors", tensors);
  EXPECT_EQ(read_file(directory / "1.safetensors"), read_file(directory / "2.safetensors"));
}

TEST(SafetensorsWriter, WhatTheReaderWouldRefuseIsABugOfTheCaller) {
  const TempDirectory directory;
  const auto write = [&](std::vector<TensorBytes> tensors) {
    return failure([&] { write_safetensors(directory / "m.safetensors", tensors); });
  };
  EXPECT_THAT(write({{"t", DType::kF32, {5}, bytes_of(kFloats)}}),
              AllOf(StartsWith("bug"), HasSubstr("24 bytes, its shape needs 20")));
  EXPECT_THAT(write({{"", DType::kF32, {6}, bytes_of(kFloats)}}), StartsWith("bug"));
  EXPECT_THAT(write({{"t", DType::kU8, {3}, bytes_of(kBytes)}, {"t", DType::kU8, {3}, bytes_of(kBytes)}}),
              StartsWith("bug"));
  EXPECT_FALSE(std::filesystem::exists(directory / "m.safetensors"));
}

TEST(SafetensorsWriter, AnUnwritableDirectoryIsAnEnvironmentError) {
  const TempDirectory directory;
  EXPECT_THAT(failure([&] { write_safetensors(directory / "no" / "m.safetensors", some_tensors()); }),
              StartsWith("environment"));
}

TEST(Safetensors, AnAbsentTensorIsNamedWithItsNearest) {
  const TempDirectory directory;
  write_safetensors(directory / "m.safetensors",
                    std::vector<TensorBytes>{{"pooler.dense.weight", DType::kU8, {3}, bytes_of(kBytes)}});
  const auto file = Safetensors::open(directory / "m.safetensors");
  EXPECT_EQ(file.find("pooler"), nullptr);
  EXPECT_THAT(failure([&] { file.at("pooler.dense.weigth"); }),
              AllOf(StartsWith("artefact"), HasSubstr("the nearest is 'pooler.dense.weight'")));
}

TEST(Finite, CountsNanAndInfinityOfEveryFloatingType) {
  const std::vector<float> f32 = {1.0f, NAN, INFINITY, -INFINITY, std::numeric_limits<float>::max(), 0.0f};
  const std::vector<double> f64 = {NAN, std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min()};
  const std::vector<uint16_t> f16 = {0x3C00, 0x7C00, 0xFC00, 0x7E01, 0x7BFF};  // 1, inf, -inf, nan, 65504
  const std::vector<uint16_t> bf16 = {0x3F80, 0x7F80, 0xFFC0, 0x7F7F};         // 1, inf, nan, the largest
  EXPECT_EQ(count_not_finite(DType::kF32, bytes_of(f32)), 3);
  EXPECT_EQ(count_not_finite(DType::kF64, bytes_of(f64)), 1);
  EXPECT_EQ(count_not_finite(DType::kF16, bytes_of(f16)), 3);
  EXPECT_EQ(count_not_finite(DType::kBF16, bytes_of(bf16)), 2);
  EXPECT_EQ(count_not_finite(DType::kI64, bytes_of(kInts)), 0);
}

}  // namespace
}  // namespace rift::checkpoint::format
