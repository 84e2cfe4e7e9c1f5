#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/vision/tiny_images.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/package/export.h"
#include "support/client.h"
#include "support/temp_directory.h"

// Image models as ONNX files, run by onnxruntime beside their originals.
namespace rift::package {
namespace {

namespace fs = std::filesystem;

class OnnxImages : public testing::Test {
 protected:
  void SetUp() override { RIFT_SKIP_WITHOUT_CLIENTS(); }

  /// Exports the model, whose own library says `expected` of the images.
  void add(const fs::path& model, const std::string& name, const models::ImageBatch& batch, const Json& expected) {
    export_package(model, ExportFormat::kOnnx, directory_ / name);
    checkpoint::write_tensors(directory_ / name / "pixels.safetensors", {{"pixels", batch.pixels}});
    const auto outputs = static_cast<int64_t>(expected.at(size_t{0}).size());
    const at::NoGradGuard scoring;
    const auto ours = test::image_classifier(model, {.outputs = outputs});
    cases_.push_back(Json{{"file", name + "/model.onnx"},
                          {"pixels", name + "/pixels.safetensors"},
                          {"expected", expected},
                          {"ours", test::rows_of(ours->forward(batch, {}))}});
  }

  void expect_agrees() {
    directory_.write("cases.json", to_json_text(cases_));
    const auto run = test::run_client("tests/models/clients/onnx_graphs.py", {directory_.path()});
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
  }

  test::TempDirectory directory_;
  Json cases_ = Json::array();
};

TEST_F(OnnxImages, GiveTheLogitsOfTheOriginal) {
  for (const std::string name : test::kTinyImageModels) {
    const Json golden = test::golden_in(test::image_folder(name));
    add(test::image_folder(name), name, test::golden_images(golden), golden.at("cases").at(size_t{0}).at("logits"));
  }
  const Json golden = test::golden_in(test::image_folder("resnet_bottleneck"));
  add(test::image_folder("resnet_torchvision") + "/model.pth", "torchvision", test::golden_images(golden),
      golden.at("cases").at(size_t{0}).at("logits"));
  expect_agrees();
}

TEST_F(OnnxImages, GiveTheLogitsOfTheRealEfficientNetLite0) {
  const auto run = test::run_client("tests/models/clients/efficientnet_lite0.py", {directory_.path()});
  ASSERT_EQ(run.status, 0) << run.output;
  const auto theirs = checkpoint::read_tensors(directory_ / "efficientnet_lite0.safetensors");
  models::ImageBatch batch{.pixels = theirs.at("pixels"), .row_keys = {}};
  batch.row_keys.resize(static_cast<size_t>(batch.pixels.size(0)));
  add(directory_ / "efficientnet_lite0.pth", "lite0", batch, test::rows_of(theirs.at("logits")));
  expect_agrees();
}

}  // namespace
}  // namespace rift::package
