#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/golden_case.h"
#include "models/vision/tiny_images.h"
#include "rift/nn/initial_values.h"
#include "support/failure.h"
#include "support/temp_directory.h"

// Every image architecture beside its original: transformers' ResNet and ViT, the package of EfficientNet-lite.
// Golden values: tools/fixtures/models/vision_golden.py.
namespace rift::models {
namespace {

using test::expect_case;
using test::expect_summary;
using test::failure;
using test::golden_images;
using test::image_classifier;
using test::image_folder;
using test::loss_of;
using test::numbers_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class ImageModels : public testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return image_folder(GetParam()); }
  Json golden() const { return test::golden_in(folder()); }
  /// A model as of one golden case, its head included.
  std::unique_ptr<ImageClassifier> model_of(const Json& golden_case) const {
    auto model =
        image_classifier(folder(), {.pooling = value_named<Pooling>(golden_case.at("pooling").as_string()).value(),
                                    .outputs = golden_case.at("outputs").as_int()});
    test::fill_head(model->parameters(), golden_case.at("head"));
    return model;
  }
};

INSTANTIATE_TEST_SUITE_P(Tiny, ImageModels, testing::ValuesIn(test::kTinyImageModels),
                         [](const auto& model) { return std::string(model.param); });

TEST_P(ImageModels, LogitsLossAndEveryGradientEqualTheOriginalOnEveryReading) {
  const Json golden = this->golden();
  for (const Json& one : golden.at("cases").as_array()) {
    SCOPED_TRACE(one.at("pooling").as_string());
    const auto model = model_of(one);
    expect_case(model->parameters(), model->forward(golden_images(golden), {}), one, golden);
  }
}

TEST_P(ImageModels, FeatureMapsEqualTheOriginal) {
  const Json golden = this->golden();
  const at::NoGradGuard scoring;
  const auto model = image_classifier(folder());
  const at::Tensor features = model->encoder().features(golden_images(golden), {});
  const double norm = golden.at("features").at("norm").as_double();
  EXPECT_GT(norm, 1.0);
  expect_summary(features, golden.at("features"), 1e-5 * norm, "features");
}

TEST_P(ImageModels, ARowAloneHasTheLogitsItHasInABatch) {
  const Json golden = this->golden();
  const at::NoGradGuard scoring;
  for (const Json& one : golden.at("cases").as_array()) {
    const auto model = model_of(one);
    const at::Tensor together = model->forward(golden_images(golden), {});
    for (int64_t row = 0; row < together.size(0); ++row) {
      const at::Tensor alone = model->forward(golden_images(golden, {row}), {});
      EXPECT_LT((alone[0] - together[row]).abs().max().item<double>(), 2e-6) << row;
    }
  }
}

TEST_P(ImageModels, TrainingWithFrozenStatisticsLeavesThemAndARowsLogitsAlone) {
  const Json golden = this->golden();
  const auto model = image_classifier(folder(), {.dtype = at::kDouble});
  const tensor::TensorMap before = model->parameters().to_map(true);
  const nn::ForwardContext training{.training = true, .seed = 3, .epoch = 1};
  const at::Tensor whole = model->forward(golden_images(golden, {}, at::kDouble), training);
  for (int64_t row = 0; row < whole.size(0); ++row) {
    const at::Tensor alone = model->forward(golden_images(golden, {row}, at::kDouble), training);
    EXPECT_NEAR(alone.item<double>(), whole[row].item<double>(), 1e-12) << row;
  }
  for (const auto& [name, tensor] : model->parameters().to_map(false)) {
    EXPECT_TRUE(at::equal(tensor, before.at(name))) << name;
  }
}

TEST_P(ImageModels, ThreeStepsWithTheBatchsStatisticsEndWhereThoseOfPyTorchEnd) {
  const Json golden = this->golden();
  const Json* tuned = golden.find("tuned");
  if (tuned == nullptr) GTEST_SKIP() << "this model has no BatchNorm";
  test::ImageModelParts parts = test::image_parts(folder(), 1);
  for (const char* key : {"dropout_rate", "drop_connect_rate"}) {
    if (std::string(GetParam()) == "efficientnet_lite") parts.config[key] = 0.0;
  }
  ImageClassifier model({.config = parts.config, .batch_norm = nn::BatchNormMode::kTuned, .dtype = at::kDouble},
                        parts.loaded.tensors);
  nn::ParameterStore& store = model.parameters();
  for (int64_t step = 0; step < tuned->at("steps").as_int(); ++step) {
    store.zero_gradients();
    loss_of(model.forward(golden_images(golden, {}, at::kDouble), {.training = true}), golden).backward();
    const std::span<double> values = store.values<double>();
    const std::span<const double> gradients = std::as_const(store).gradients<double>();
    for (const nn::Stretch& stretch : store.trainable_stretches()) {
      for (int64_t i = stretch.offset; i < stretch.offset + stretch.size; ++i) {
        values[i] -= tuned->at("rate").as_double() * gradients[i];
      }
    }
  }
  const tensor::TensorMap state = store.to_map(true);
  EXPECT_EQ(state.size(), tuned->at("state").size());
  size_t counts = 0;
  for (const auto& [name, expected] : tuned->at("state").as_object()) {
    if (expected.is_object()) {
      expect_summary(state.at(name), expected, 1e-9 * std::max(1.0, expected.at("norm").as_double()), name);
    } else {
      EXPECT_EQ(state.at(name).item<int64_t>(), expected.as_int()) << name;
      ++counts;
    }
  }
  EXPECT_GT(counts, 4u);
}

TEST_P(ImageModels, SavedTensorsAreThoseOfTheFile) {
  const test::ImageModelParts parts = test::image_parts(folder(), 1);
  const auto model = image_classifier(folder());
  const tensor::TensorMap saved = model->merged_tensors().read_all();
  EXPECT_EQ(saved.size(), parts.loaded.tensors.size());
  for (const auto& [name, tensor] : parts.loaded.tensors) EXPECT_TRUE(at::equal(saved.at(name), tensor.read())) << name;
}

TEST_P(ImageModels, AWrittenDirectoryGivesTheSameModelBack) {
  const test::TempDirectory directory;
  const auto source = directory.folder("source");
  std::filesystem::copy(folder(), source, std::filesystem::copy_options::recursive);
  directory.write("source/preprocessor_config.json", R"({"size": {"shortest_edge": 32}})");
  const auto model = image_classifier(source);
  nn::ParameterStore& store = model->parameters();
  for (const nn::Parameter& parameter : store.parameters()) nn::fill_uniform(store, parameter, 0.2, 5);
  checkpoint::write_model_directory(directory.folder("written"), test::image_directory(source, *model));
  EXPECT_EQ(test::text_of(directory / "written/preprocessor_config.json"), R"({"size": {"shortest_edge": 32}})");
  EXPECT_FALSE(std::filesystem::exists(directory / "written/1_Pooling"));
  const auto again = image_classifier(directory / "written");
  EXPECT_TRUE(again->new_parameters().empty());
  const at::NoGradGuard scoring;
  EXPECT_TRUE(at::equal(again->forward(golden_images(golden()), {}), model->forward(golden_images(golden()), {})));
  const tensor::TensorMap saved = again->merged_tensors().read_all();
  for (const auto& [name, tensor] : model->merged_tensors().read_all())
    EXPECT_TRUE(at::equal(saved.at(name), tensor)) << name;
}

TEST(ImageSizes, WhoseProductIsBeyond64BitsBlameTheFile) {
  Json config = test::image_parts(image_folder("vit"), 1).config;
  for (const char* key : {"image_size", "patch_size"}) config[key] = 16'384;
  config["num_channels"] = 4096;
  for (const char* key : {"hidden_size", "pooler_output_size"}) config[key] = 16'777'216;
  EXPECT_THAT(failure([&] { describe_image_model(config, "config.json"); }),
              AllOf(StartsWith("artefact"), HasSubstr("projection.weight"), HasSubstr("right config.json?")));
}

TEST(TorchvisionNames, GiveTheModelOfTheSameWeightsUnderTransformersNames) {
  const at::NoGradGuard scoring;
  const std::string file = image_folder("resnet_torchvision") + "/model.pth";
  const test::ImageModelParts parts = test::image_parts(file, 1);
  EXPECT_EQ(parts.loaded.names.renamed.size(), parts.loaded.names.loaded.size());
  EXPECT_TRUE(parts.loaded.names.new_head.empty());
  EXPECT_TRUE(parts.loaded.names.dropped.empty());
  const auto model = image_classifier(file), same = image_classifier(image_folder("resnet_bottleneck"));
  const Json golden = test::golden_in(image_folder("resnet_bottleneck"));
  EXPECT_TRUE(at::equal(model->forward(golden_images(golden), {}), same->forward(golden_images(golden), {})));
  for (const auto& [name, buffer] : model->parameters().buffers()) {
    if (!name.ends_with("num_batches_tracked")) continue;
    EXPECT_EQ(buffer.item<int64_t>(), 0) << name;
  }
}

TEST(EfficientNetLite, TrainingLeavesOutWholeBlocksOfRows) {
  const Json golden = test::golden_in(image_folder("efficientnet_lite"));
  test::ImageModelParts parts = test::image_parts(image_folder("efficientnet_lite"), 1);
  parts.config["dropout_rate"] = 0.0;
  parts.config["drop_connect_rate"] = 0.9;  // of the last of three blocks: 0.6
  const ImageClassifier model({.config = parts.config}, parts.loaded.tensors);
  const at::NoGradGuard no_gradient;
  const at::Tensor scored = model.pooled(golden_images(golden), {});
  int dropped = 0, kept = 0;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const at::Tensor trained = model.pooled(golden_images(golden), {.training = true, .seed = seed});
    for (int64_t row = 0; row < scored.size(0); ++row) ++(at::equal(trained[row], scored[row]) ? kept : dropped);
  }
  EXPECT_EQ(kept, 0) << "a block that stays counts 2.5 times";
  EXPECT_EQ(dropped, 40);
}

}  // namespace
}  // namespace rift::models
