#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/package/backbone.h"
#include "rift/package/inspect.h"
#include "support/temp_directory.h"

// `rift models inspect` on image models: directories and files of weights alone.
namespace rift::package {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::filesystem::path kFixtures = "tests/models/fixtures";

TEST(InspectImageModel, ADirectoryOfTransformers) {
  const ModelInspection found = inspect_model(kFixtures / "tiny_vit", 3);
  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(found.model_type, "vit");
  EXPECT_EQ(found.architecture, "ViTForImageClassification");
  // class token 32, positions 17 * 32, patches 48 * 32 + 32; a layer 4 * (32 * 32 + 32) + 2 * 32 * 48 + 48 + 32 and two
  // norms of 64; the last norm, the head
  EXPECT_EQ(found.parameters, 32 + 17 * 32 + 49 * 32 + 2 * (4 * 33 * 32 + 2 * 32 * 48 + 80 + 128) + 64 + 33);
  ASSERT_TRUE(found.image_sizes);
  EXPECT_EQ(found.image_sizes->image_size, 16);
  ASSERT_TRUE(found.names);
  EXPECT_EQ(found.names->new_head.size(), 2u) << "3 outputs are wanted, the file has 1";
  const Json json = parse_json(to_json_text(to_json(found)), "inspection");
  EXPECT_EQ(json.at("shape").at("width").as_int(), 32);
  EXPECT_EQ(json.at("shape").at("image_size").as_int(), 16);
}

TEST(InspectImageModel, AStateDictOfTorchvisionAlone) {
  const auto file = kFixtures / "tiny_resnet_torchvision/model.pth";
  EXPECT_EQ(resolve_model_or_file(file.string()), std::filesystem::absolute(file));
  const ModelInspection found = inspect_model(file, 1);
  EXPECT_EQ(found.problem, "");
  EXPECT_EQ(found.model_type, "resnet");
  ASSERT_TRUE(found.image_sizes);
  EXPECT_EQ(found.image_sizes->layers, 3);
  EXPECT_EQ(found.image_sizes->width, 24);
  ASSERT_TRUE(found.names);
  EXPECT_EQ(found.names->renamed.size(), found.names->loaded.size());
  EXPECT_EQ(found.names->renamed.front().file_name, "conv1.weight");
  EXPECT_EQ(found.names->renamed.front().name, "resnet.embedder.embedder.convolution.weight");
}

TEST(InspectImageModel, WhatIsNotRecognisedIsSaidInProblem) {
  const test::TempDirectory directory;
  EXPECT_THAT(inspect_model(directory.write("notes.txt", "x")).problem, HasSubstr("notes.txt"));
  std::filesystem::copy_file(kFixtures / "tiny_vit/model.safetensors", directory / "vit.safetensors");
  EXPECT_THAT(inspect_model(directory / "vit.safetensors").problem,
              HasSubstr("weights without a config.json; by their names this build recognises torchvision's ResNets"));
  EXPECT_EQ(inspect_model(directory / "vit.safetensors").problem_code, Code::kUnsupported);
  directory.write("config.json", "{}");
  EXPECT_THAT(inspect_model(directory / "vit.safetensors").problem,
              HasSubstr("config.json lies beside it: name the directory, " + directory.path().string()));
}

}  // namespace
}  // namespace rift::package
