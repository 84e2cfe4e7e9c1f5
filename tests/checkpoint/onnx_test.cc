#include "rift/checkpoint/format/onnx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/small_onnx.h"
#include "support/failure.h"
#include "support/temp_directory.h"

// What onnx and onnxruntime make of the files: client_test.cc.
namespace rift::checkpoint::format {
namespace {

using test::message_of;
using test::small_onnx;
using test::TempDirectory;
using test::text_of;
using testing::HasSubstr;

constexpr int64_t kTwoKiB = 2048;

TEST(OnnxFile, TheSameModelGivesTheSameBytes) {
  const TempDirectory directory;
  write_onnx(directory / "a.onnx", small_onnx());
  write_onnx(directory / "b.onnx", small_onnx());
  EXPECT_EQ(text_of(directory / "a.onnx"), text_of(directory / "b.onnx"));
  EXPECT_EQ(directory.names(), (std::vector<std::string>{"a.onnx", "b.onnx"}));
}

TEST(OnnxFile, OneThatIsTooLargeForAMessageHasItsWeightsInASecondFile) {
  const TempDirectory directory;
  write_onnx(directory / "whole.onnx", small_onnx());
  const auto size = static_cast<int64_t>(text_of(directory / "whole.onnx").size());
  write_onnx(directory / "fits.onnx", small_onnx(), {.max_message_bytes = size});
  EXPECT_FALSE(std::filesystem::exists(directory / "fits.onnx.data"));
  write_onnx(directory / "two.onnx", small_onnx(), {.max_message_bytes = size - 1});
  const std::string message = text_of(directory / "two.onnx"), data = text_of(directory / "two.onnx.data");
  EXPECT_LT(static_cast<int64_t>(message.size()), size - 2 * kTwoKiB + 400);
  EXPECT_EQ(data.size(), 2u * 4096);  // W and W2, each from a page on
  EXPECT_EQ(data.substr(0, kTwoKiB), data.substr(4096, kTwoKiB));
  EXPECT_THAT(text_of(directory / "whole.onnx"), HasSubstr(data.substr(0, kTwoKiB)));
  EXPECT_THAT(message, HasSubstr("two.onnx.data"));
}

TEST(OnnxFile, OneThatIsTooLargeEvenSoIsRefused) {
  const TempDirectory directory;
  EXPECT_THAT(message_of(Code::kUnsupported,
                         [&] { write_onnx(directory / "x.onnx", small_onnx(), {.max_message_bytes = 500}); }),
              HasSubstr("an ONNX file holds at most 500"));
  EXPECT_EQ(directory.names(), std::vector<std::string>{});
}

TEST(OnnxFile, NamesThatDoNotFitAreAFaultOfOurs) {
  const TempDirectory directory;
  const auto written = [&](const OnnxModel& model) {
    return message_of(Code::kBug, [&] { write_onnx(directory / "x.onnx", model); });
  };
  OnnxModel model = small_onnx();
  model.nodes[0].inputs[0] = "nobody";
  EXPECT_THAT(written(model), HasSubstr("'product' reads 'nobody', which nothing before it gives"));
  model = small_onnx();
  std::swap(model.nodes[0], model.nodes[2]);
  EXPECT_THAT(written(model), HasSubstr("'sum' reads 'xw'"));
  model = small_onnx();
  model.nodes[1].outputs[0] = "W";
  EXPECT_THAT(written(model), HasSubstr("the name 'W' is taken"));
  model = small_onnx();
  model.outputs[0].name = "logits";
  EXPECT_THAT(written(model), HasSubstr("the result' reads 'logits'"));
  EXPECT_EQ(directory.names(), std::vector<std::string>{});
}

TEST(OnnxFile, WhatAConstantThrowsLeavesNothingBehind) {
  const TempDirectory directory;
  OnnxModel model = small_onnx();
  model.constants[1].fill = [](std::span<std::byte>) { throw std::runtime_error("gone"); };
  EXPECT_THROW(write_onnx(directory / "x.onnx", model), std::runtime_error);
  EXPECT_EQ(directory.names(), std::vector<std::string>{});
}

}  // namespace
}  // namespace rift::checkpoint::format
