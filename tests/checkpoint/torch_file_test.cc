#include "rift/checkpoint/format/torch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/same_tensors.h"
#include "rift/checkpoint/format/safetensors.h"
#include "support/failure.h"

// Files of torch itself, made by tools/fixtures/checkpoint/torch_files.py, beside the same tensors as safetensors.
namespace rift::checkpoint::format {
namespace {

using test::expect_same_tensors;
using test::failure;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kFolder = "tests/checkpoint/fixtures/torch/";

TorchFile open(const std::string& name) { return TorchFile::open(kFolder + name + ".pt"); }

TEST(TorchFile, AStateDictOfAModuleIsReadWithTiedWeights) {
  const auto file = open("module");
  expect_same_tensors(file, Safetensors::open(kFolder + "module.safetensors"));
  EXPECT_EQ(file.at("embedding.weight").begin, file.at("decoder.weight").begin);
}

TEST(TorchFile, EveryElementTypeAndEveryViewIsReadAsItShows) {
  expect_same_tensors(open("views"), Safetensors::open(kFolder + "views.safetensors"));
}

TEST(TorchFile, TheStateDictOfATrainingCheckpointIsFound) {
  expect_same_tensors(open("training"), Safetensors::open(kFolder + "training.safetensors"));
}

/// As in files of more than 4 GiB, whose sizes and offsets no 32 bits hold: tools/fixtures/checkpoint/zip64_files.py.
TEST(TorchFile, EveryNumberOfTheArchiveMayStandInIts64Bits) {
  expect_same_tensors(open("module_zip64"), Safetensors::open(kFolder + "module.safetensors"));
}

TEST(TorchFile, WhatHoldsMoreThanTensorsIsRefusedWithTheWayOut) {
  EXPECT_THAT(failure([] { open("module_object"); }),
              AllOf(StartsWith("unsupported"), HasSubstr("it calls 'torch.nn.modules.linear.Linear'"),
                    HasSubstr("save model.state_dict()")));
  EXPECT_THAT(failure([] { open("script"); }), AllOf(StartsWith("unsupported"), HasSubstr("TorchScript")));
  EXPECT_THAT(failure([] { open("old"); }), AllOf(StartsWith("unsupported"), HasSubstr("before 1.6")));
}

}  // namespace
}  // namespace rift::checkpoint::format
