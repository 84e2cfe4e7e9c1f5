#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "models/vision/tiny_images.h"
#include "support/client.h"
#include "support/temp_directory.h"

// transformers loads what rift writes of image models; torchvision's ResNets and the real EfficientNet-lite0 are
// computed beside their own libraries.
namespace rift::models {
namespace {

/// Writes the model of `path` with a head of `outputs` and lets transformers load it.
void expect_equal_logits(const std::string& path, const Json& golden, int64_t outputs) {
  const auto model = test::image_classifier(path, {.outputs = outputs});
  const ImageBatch batch = test::golden_images(golden);
  const test::TempDirectory directory;
  checkpoint::write_model_directory(directory.folder("export"), test::image_directory(path, *model));
  checkpoint::write_tensors(directory / "ours.safetensors",
                            {{"pixels", batch.pixels}, {"logits", model->forward(batch, {})}});
  const auto run = test::run_client("tests/models/clients/load_image_exports.py", {directory.path()});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_NE(run.output.find("all checks hold"), std::string::npos) << run.output;
}

TEST(ImageExports, AreLoadedByTransformersWithEqualLogits) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const at::NoGradGuard scoring;
  for (const std::string name : {"resnet_basic", "resnet_bottleneck", "resnet_early", "resnet_torchvision", "vit"}) {
    SCOPED_TRACE(name);
    const bool is_file = name == "resnet_torchvision";
    const std::string path = test::image_folder(name) + (is_file ? "/model.pth" : "");
    const Json golden = test::golden_in(test::image_folder(is_file ? "resnet_bottleneck" : name));
    for (const int64_t outputs : {1, 3}) expect_equal_logits(path, golden, outputs);
  }
}

/// `client` writes into a directory weights and, as NAME.safetensors, pixels and its own logits of them: rift's are
/// equal.
void expect_equal_to(const std::string& client, const std::vector<std::string>& names) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const test::TempDirectory directory;
  const auto run = test::run_client("tests/models/clients/" + client, {directory.path()});
  ASSERT_EQ(run.status, 0) << run.output;
  const at::NoGradGuard scoring;
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const auto theirs = checkpoint::read_tensors(directory / (name + ".safetensors"));
    const at::Tensor expected = theirs.at("logits");
    const auto model = test::image_classifier(directory / (name + ".pth"), {.outputs = expected.size(1)});
    EXPECT_TRUE(model->new_parameters().empty());
    ImageBatch batch{.pixels = theirs.at("pixels"), .row_keys = {}};
    batch.row_keys.resize(static_cast<size_t>(expected.size(0)));
    const double largest = expected.abs().max().item<double>();
    EXPECT_LT((model->forward(batch, {}) - expected).abs().max().item<double>(), 1e-5 * std::max(1.0, largest));
  }
}

TEST(Torchvision, ResNetsOfItsOwnFilesHaveItsLogits) {
  expect_equal_to("torchvision_resnets.py", {"resnet18", "resnet34", "resnet50", "resnet101"});
}

TEST(EfficientNetLitePackage, RealWeightsHaveItsLogits) {
  expect_equal_to("efficientnet_lite0.py", {"efficientnet_lite0"});
}

}  // namespace
}  // namespace rift::models
