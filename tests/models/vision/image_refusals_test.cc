#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/vision/tiny_images.h"
#include "rift/models/vision/efficientnet_lite.h"
#include "rift/models/vision/resnet.h"
#include "rift/models/vision/vit.h"
#include "support/failure.h"

// What an image model cannot do is refused by name.
namespace rift::models {
namespace {

using checkpoint::NamedShape;
using test::failure;
using test::image_classifier;
using test::image_folder;
using testing::HasSubstr;
using testing::StartsWith;

std::string reading(const std::string& name, const std::string& key, Json value) {
  Json config = checkpoint::open_hf_directory(image_folder(name)).config;
  config[key] = std::move(value);
  return failure([&] { describe_image_model(config, "config.json"); });
}

ImageBatch blank(int64_t channels, int64_t height, int64_t width) {
  return {.pixels = at::zeros({1, channels, height, width}), .row_keys = {0}};
}

TEST(ImageRefusals, SettingsOfConfigJson) {
  EXPECT_EQ(
      reading("resnet_basic", "hidden_act", "swish"),
      "unsupported: config.json: hidden_act: this build has gelu, gelu_new, gelu_pytorch_tanh, relu, relu6, silu, "
      "tanh, got \"swish\"; take a model with one of these");
  EXPECT_THAT(reading("resnet_basic", "layer_type", "preactivation"),
              StartsWith("unsupported: config.json: layer_type: this build has basic, bottleneck"));
  EXPECT_THAT(reading("resnet_basic", "width_per_group", 128), HasSubstr("unknown setting 'width_per_group'"));
  EXPECT_THAT(reading("resnet_basic", "depths", Json(std::vector<int64_t>{2})),
              StartsWith("artefact: config.json: depths: expected one for each of 2 hidden_sizes, got 1"));
  EXPECT_THAT(reading("vit", "num_attention_heads", 5), HasSubstr("num_attention_heads: 5 does not divide"));
  EXPECT_THAT(reading("vit", "patch_size", 5), HasSubstr("patch_size: 5 does not divide image_size 16"));
  EXPECT_THAT(reading("vit", "pooler_output_size", 16), StartsWith("unsupported: config.json: pooler_output_size"));
  EXPECT_THAT(reading("vit", "model_type", "swin"),
              StartsWith("unsupported: config.json: model_type: of images this build runs resnet, vit, "
                         "efficientnet_lite, got 'swin'"));
  EXPECT_THAT(reading("efficientnet_lite", "stages", Json::array()), HasSubstr("stages: expected one or more"));
}

TEST(ImageRefusals, SizesOfImages) {
  const auto vit = image_classifier(image_folder("vit"));
  EXPECT_THAT(failure([&] { vit->forward(blank(3, 32, 32), {}); }),
              StartsWith("unsupported: images are 32 x 32 pixels, the model's positions are those of 16 x 16: "
                         "interpolating positions is not implemented"));
  const auto resnet = image_classifier(image_folder("resnet_basic"));
  EXPECT_THAT(failure([&] { resnet->forward(blank(3, 32, 31), {}); }),
              StartsWith("unsupported: images are 31 x 32 pixels, the model needs 32 x 32 or more"));
  EXPECT_EQ(failure([&] { resnet->forward(blank(3, 33, 57), {}); }), "nothing");
  EXPECT_THAT(failure([&] { resnet->forward(blank(1, 32, 32), {}); }),
              StartsWith("configuration: images have 1 channels, the model reads 3"));
}

TEST(ImageRefusals, Readings) {
  EXPECT_EQ(failure([&] { image_classifier(image_folder("resnet_basic"), {.pooling = Pooling::kCls}); }),
            "unsupported: pooling: a ResNet has mean, got cls; take one that it has");
  EXPECT_EQ(failure([&] { image_classifier(image_folder("vit"), {.pooling = Pooling::kLast}); }),
            "unsupported: pooling: a ViT has cls, pooler, mean, got last; take one that it has");
}

TEST(ImageRefusals, ABatchOfOneValueHasNoStatistics) {
  test::ImageModelParts parts = test::image_parts(image_folder("resnet_early"), 1);  // 32 pixels become one place
  const ImageClassifier model({.config = parts.config, .batch_norm = nn::BatchNormMode::kTuned}, parts.loaded.tensors);
  ImageBatch two{.pixels = at::zeros({2, 3, 32, 32}), .row_keys = {0, 1}};
  EXPECT_EQ(failure([&] { model.forward(two, {.training = true}); }), "nothing");
  nn::ParameterStore store;
  const auto norm = nn::BatchNorm2d::add_to(store, "n", 3, {.mode = nn::BatchNormMode::kTuned});
  store.seal();
  EXPECT_THAT(failure([&] {
                norm.forward(at::zeros({1, 3, 1, 1}), {.training = true});
              }),
              StartsWith("configuration: batch_norm: tuned: the variance of a batch needs more than 1 value"));
  EXPECT_EQ(norm.num_batches_tracked->item<int64_t>(), 0);
}

NamedShape kernel(std::string name, std::vector<int64_t> shape) { return {std::move(name), std::move(shape)}; }

TEST(ImageRefusals, StateDictsOfOtherModels) {
  const auto recognised = [](const std::vector<NamedShape>& tensors) {
    return failure([&] { recognise_image_model(tensors, "model.pth"); });
  };
  EXPECT_THAT(recognised({kernel("features.0.weight", {64, 3, 11, 11})}),
              StartsWith("unsupported: model.pth: weights without a config.json"));
  std::vector<NamedShape> resnet = {
      kernel("conv1.weight", {64, 3, 7, 7}), kernel("layer1.0.conv1.weight", {128, 64, 1, 1}),
      kernel("layer1.0.conv2.weight", {128, 128, 3, 3}), kernel("layer1.0.conv3.weight", {256, 128, 1, 1})};
  EXPECT_THAT(recognised(resnet), HasSubstr("a bottleneck of 256 channels has 64 in its midst; ResNeXt and wide"));
  resnet[1].shape = {64, 64, 1, 1};
  resnet[2].shape = {64, 2, 3, 3};
  EXPECT_THAT(recognised(resnet), HasSubstr("ResNeXt"));
  EXPECT_THAT(
      recognised({kernel("_conv_stem.weight", {32, 3, 3, 3}), kernel("_blocks.0._depthwise_conv.weight", {32, 1, 3, 3}),
                  kernel("_blocks.0._se_reduce.weight", {8, 32, 1, 1})}),
      StartsWith("unsupported: model.pth: an EfficientNet of 1 blocks with squeeze-and-excitation"));
}

TEST(ImageRefusals, AFileThatLacksRunningStatisticsIsNamed) {
  test::ImageModelParts parts = test::image_parts(image_folder("resnet_basic"), 1);
  const std::string lost = "resnet.embedder.embedder.normalization.running_var";
  parts.loaded.tensors.erase(lost);
  EXPECT_THAT(failure([&] { ImageClassifier({.config = parts.config}, parts.loaded.tensors); }),
              StartsWith("artefact: tensor '" + lost + "' is missing from the pretrained weights"));
}

TEST(TorchvisionNames, SayDepthsAndKindOfBlocks) {
  for (const auto& [depths, bottleneck] : std::vector<std::pair<std::vector<int64_t>, bool>>{
           {{2, 2, 2, 2}, false}, {{3, 4, 6, 3}, false}, {{3, 4, 6, 3}, true}, {{3, 4, 23, 3}, true}}) {
    std::vector<NamedShape> tensors = {kernel("conv1.weight", {64, 3, 7, 7})};
    for (size_t stage = 0; stage < 4; ++stage) {
      const int64_t narrow = int64_t{64} << stage;
      for (int64_t i = 0; i < depths[stage]; ++i) {
        const std::string block = fmt::format("module.layer{}.{}.", stage + 1, i);
        tensors.push_back(kernel(block + "conv1.weight", {narrow, narrow, 3, 3}));
        tensors.push_back(kernel(block + "conv2.weight", {narrow, narrow, 3, 3}));
        if (bottleneck) tensors.push_back(kernel(block + "conv3.weight", {4 * narrow, narrow, 1, 1}));
      }
    }
    const Json config = recognise_image_model(tensors, "model.pth");
    const ResNetOptions options = read_resnet_options(config, "config.json");
    EXPECT_EQ(options.depths, depths);
    EXPECT_EQ(options.layer_type, bottleneck ? ResNetLayerType::kBottleneck : ResNetLayerType::kBasic);
    EXPECT_EQ(options.hidden_sizes.back(), bottleneck ? 2048 : 512);
    EXPECT_FALSE(options.downsample_in_bottleneck);
  }
}

}  // namespace
}  // namespace rift::models
