#include "rift/checkpoint/tensor_file.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::checkpoint {
namespace {

using test::failure;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr at::ScalarType kTypes[] = {at::kBool, at::kByte,     at::kChar, at::kShort, at::kHalf,
                                     at::kInt,  at::kBFloat16, at::kLong, at::kFloat, at::kDouble};

TEST(TensorFile, EveryElementTypeComesBackBitForBit) {
  const TempDirectory directory;
  TensorMap tensors;
  for (const at::ScalarType type : kTypes)
    tensors.emplace(c10::toString(type), at::arange(6, at::kInt).to(type).view({2, 3}));
  tensors.emplace("scalar", at::full({}, 3.25));
  tensors.emplace("empty", at::zeros({0, 4}));
  write_tensors(directory / "t.safetensors", tensors);
  const TensorMap read = read_tensors(directory / "t.safetensors");
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(read.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(read.at(name).equal(tensor)) << name;
  }
}

TEST(TensorFile, ViewsAreWrittenAsWhatTheyShow) {
  const TempDirectory directory;
  const at::Tensor whole = at::arange(12, at::kFloat).view({3, 4});
  write_tensors(directory / "t.safetensors", {{"t", whole.t()}, {"column", whole.select(1, 2)}});
  const TensorMap read = read_tensors(directory / "t.safetensors");
  EXPECT_TRUE(read.at("t").equal(whole.t()));
  EXPECT_TRUE(read.at("column").equal(whole.select(1, 2)));
}

TEST(TensorFile, FloatsBecomeF32OnRequestWholeNumbersDoNot) {
  const TempDirectory directory;
  const at::Tensor values = at::arange(5, at::kFloat).mul(0.25);
  write_tensors(directory / "t.safetensors", {{"half", values.to(at::kHalf)},
                                              {"bfloat", values.to(at::kBFloat16)},
                                              {"double", values.to(at::kDouble)},
                                              {"ids", at::arange(5, at::kLong)}});
  const TensorMap read = read_tensors(directory / "t.safetensors", {.floats_as_f32 = true});
  for (const char* name : {"half", "bfloat", "double"}) {
    EXPECT_EQ(read.at(name).scalar_type(), at::kFloat);
    EXPECT_TRUE(read.at(name).equal(values)) << name;
  }
  EXPECT_EQ(read.at("ids").scalar_type(), at::kLong);
}

TEST(TensorFile, NanAndInfinityAreRefusedByTensor) {
  const TempDirectory directory;
  at::Tensor bad = at::ones({4});
  bad[2] = NAN;
  write_tensors(directory / "t.safetensors", {{"a", at::ones({4})}, {"b", bad}});
  EXPECT_THAT(failure([&] { read_tensors(directory / "t.safetensors"); }),
              AllOf(StartsWith("artefact"), HasSubstr("tensor 'b': 1 of its 4 values are NaN or infinite")));
  EXPECT_TRUE(read_tensors(directory / "t.safetensors", {.refuse_not_finite = false}).at("b")[2].isnan().item<bool>());
}

TEST(TensorFile, ADoubleThatDoesNotFitF32IsRefusedOnlyWhenConverted) {
  const TempDirectory directory;
  write_tensors(directory / "t.safetensors", {{"d", at::full({2}, 1e300, at::kDouble)}});
  EXPECT_EQ(read_tensors(directory / "t.safetensors").at("d")[0].item<double>(), 1e300);
  EXPECT_THAT(failure([&] { read_tensors(directory / "t.safetensors", {.floats_as_f32 = true}); }),
              HasSubstr("as F32"));
}

TEST(TensorFile, TypesThatTheFormatOfRiftLacksAreRefused) {
  const TempDirectory directory;
  EXPECT_THAT(failure([&] {
                write_tensors(directory / "t.safetensors", {{"c", at::zeros({2}, at::kComplexFloat)}});
              }),
              StartsWith("unsupported"));
}

TEST(TensorFile, WhatIsReadOwnsItsMemory) {
  const TempDirectory directory;
  write_tensors(directory / "t.safetensors", {{"t", at::ones({4})}});
  const TensorMap read = read_tensors(directory / "t.safetensors");
  std::filesystem::resize_file(directory / "t.safetensors", 0);
  EXPECT_TRUE(read.at("t").equal(at::ones({4})));
}

}  // namespace
}  // namespace rift::checkpoint
