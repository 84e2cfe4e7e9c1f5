#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "models/vision/tiny_images.h"
#include "rift/nn/conv.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/lora.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/tuning.h"
#include "support/failure.h"
#include "support/temp_directory.h"
#include "tuning/one_step.h"

// Every tuning method on every image architecture.
namespace rift::tuning {
namespace {

using models::ImageClassifier;
using test::every_method;
using test::failure;
using test::image_classifier;
using test::image_folder;
using testing::HasSubstr;
using testing::StartsWith;

class TunedImageModels : public testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return image_folder(GetParam()); }
  models::ImageBatch batch() const { return test::golden_images(test::golden_in(folder())); }
  /// Steps that f32 does not round away, without leaving the finite.
  double rate() const { return std::string(GetParam()) == "efficientnet_lite" ? 0.3 : 0.01; }
};

INSTANTIATE_TEST_SUITE_P(Tiny, TunedImageModels, testing::ValuesIn(test::kTinyImageModels),
                         [](const auto& model) { return std::string(model.param); });

bool is_of(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

/// Maps that LoRA takes: no depthwise convolutions.
std::vector<std::string> adaptable(const ImageClassifier& model) {
  std::vector<std::string> names;
  for (const nn::LinearMap* map : model.linear_maps()) {
    const auto* conv = dynamic_cast<const nn::Conv2d*>(map);
    if (conv == nullptr || conv->walk.groups == 1) names.push_back(map->name);
  }
  return names;
}

TEST_P(TunedImageModels, EveryMethodMovesWhatItNamesAndNothingElse) {
  for (const TuningOptions& options : every_method()) {
    SCOPED_TRACE(options.method_name());
    const auto model = image_classifier(folder());
    if (const std::string why_not = test::refusal(options, *model); !why_not.empty()) {
      EXPECT_NE(test::message_of(Code::kUnsupported, [&] { apply(options, *model, 1); }).find(why_not),
                std::string::npos);
      continue;
    }
    const Applied applied = apply(options, *model, 1);
    test::begin_every_stage(model->parameters(), applied);
    std::vector<std::string> moving = applied.encoder;
    moving.insert(moving.end(), applied.head.begin(), applied.head.end());
    const tensor::TensorMap before = model->parameters().to_map(true);
    test::step(*model, batch(), rate());
    test::step(*model, batch(), rate());  // LoRA's A moves from the second step on: B starts at zero
    for (const auto& [name, tensor] : model->parameters().to_map(false)) {
      if (name.ends_with("key.bias")) continue;  // softmax does not see it
      EXPECT_EQ(!at::equal(tensor, before.at(name)), is_of(moving, name)) << name;
    }
  }
}

TEST_P(TunedImageModels, TunedStatisticsMoveInTheStagesThatTrainAlone) {
  if (std::string(GetParam()) == "vit") GTEST_SKIP() << "this model has no BatchNorm";
  for (const TuningOptions& options : every_method()) {
    const bool adapts = options.method_name() == "lora" || options.method_name() == "ia3";
    if (adapts || !options.merges() || options.method_name() == "gradual") continue;
    SCOPED_TRACE(options.method_name());
    const auto model = image_classifier(folder(), {.batch_norm = nn::BatchNormMode::kTuned});
    apply(options, *model, 1);
    const int64_t lowest = model->encoder().first_trainable_stage();
    const tensor::TensorMap before = model->parameters().to_map(true);
    test::step(*model, batch(), 0.01);
    std::vector<const models::Part*> stages = {&model->stem()};
    for (const models::Part& layer : model->layers()) stages.push_back(&layer);
    size_t moved = 0;
    for (size_t stage = 0; stage < stages.size(); ++stage) {
      for (const std::string& name : stages[stage]->parameters) {
        const size_t end = name.rfind(".weight");
        if (end == std::string::npos) continue;
        const auto mean = model->parameters().buffers().find(name.substr(0, end) + ".running_mean");
        if (mean == model->parameters().buffers().end()) continue;
        const bool moves = !at::equal(mean->second, before.at(mean->first));
        EXPECT_EQ(moves, static_cast<int64_t>(stage) >= lowest) << mean->first;
        moved += moves ? 1 : 0;
      }
    }
    EXPECT_EQ(moved == 0, options.method_name() == "head");
  }
}

TEST_P(TunedImageModels, LoraOnEveryMapMergesToTheSameLogits) {
  const auto model = image_classifier(folder());
  const std::vector<std::string> every = adaptable(*model);
  apply({.method = LoraOptions{.rank = 2, .alpha = 4, .targets = every}}, *model, 11);
  for (const nn::LinearMap* map : model->linear_maps()) {
    ASSERT_EQ(map->adapter != nullptr, is_of(every, map->name)) << map->name;
    if (map->adapter) nn::fill_uniform(model->parameters(), *map->adapter->parameters()[1], 0.1, 5);
  }
  const at::NoGradGuard scoring;
  const at::Tensor plain = image_classifier(folder())->forward(batch(), {});
  const at::Tensor tuned = model->forward(batch(), {});
  EXPECT_GT((tuned - plain).abs().max().item<double>(), 1e-3);
  const tensor::TensorMap merged = model->merged_tensors().read_all();
  EXPECT_EQ(merged.size(), image_classifier(folder())->merged_tensors().size());
  merge(*model);
  EXPECT_LT((model->forward(batch(), {}) - tuned).abs().max().item<double>(), 1e-5);
  for (const nn::LinearMap* map : model->linear_maps()) {
    EXPECT_TRUE(at::allclose(merged.at(map->weight->name), map->weight->view, 1e-6, 1e-7)) << map->name;
  }
}

TEST_P(TunedImageModels, DropoutOfAnAdapterDependsOnTheRowAlone) {
  const auto model = image_classifier(folder(), {.dtype = at::kDouble});
  apply({.method = LoraOptions{.dropout = 0.5, .targets = adaptable(*model)}}, *model, 11);
  for (const nn::LinearMap* map : model->linear_maps()) {
    if (map->adapter) nn::fill_uniform(model->parameters(), *map->adapter->parameters()[1], 0.1, 5);
  }
  const Json golden = test::golden_in(folder());
  const nn::ForwardContext training{.training = true, .seed = 2, .epoch = 0};
  const at::Tensor whole = model->forward(test::golden_images(golden, {}, at::kDouble), training);
  const at::Tensor alone = model->forward(test::golden_images(golden, {3}, at::kDouble), training);
  EXPECT_NEAR(alone.item<double>(), whole[3].item<double>(), 1e-12);
  EXPECT_GT((whole - model->forward(test::golden_images(golden, {}, at::kDouble), {})).abs().max().item<double>(),
            1e-3);
}

TEST_P(TunedImageModels, AnAdapterIsWrittenAndReadUnderTheModelsOwnNames) {
  const checkpoint::ModelLayout layout = test::image_parts(folder(), 1).layout;
  const auto model = image_classifier(folder());
  const LoraOptions options{.rank = 2};
  apply({.method = options}, *model, 11);
  const checkpoint::PeftAdapter adapter = adapter_of(*model, options);
  EXPECT_EQ(adapter.config.target_modules, model->lora_maps());
  EXPECT_EQ(adapter.config.modules_to_save.size(), 1u);
  const test::TempDirectory out;
  checkpoint::write_peft_directory(out.path(), adapter, layout);
  const checkpoint::PeftAdapter read = checkpoint::read_peft_directory(out.path(), layout);
  EXPECT_EQ(read.config.task, checkpoint::PeftTask::kUnstated);
  ASSERT_EQ(read.pairs.size(), adapter.pairs.size());
  for (size_t i = 0; i < read.pairs.size(); ++i) {
    EXPECT_EQ(read.pairs[i].module, adapter.pairs[i].module);
    EXPECT_TRUE(at::equal(read.pairs[i].a, adapter.pairs[i].a));
    EXPECT_TRUE(at::equal(read.pairs[i].b, adapter.pairs[i].b));
  }
  ASSERT_EQ(read.saved.size(), 2u);
  for (const auto& [name, tensor] : adapter.saved) EXPECT_TRUE(at::equal(read.saved.at(name), tensor)) << name;
}

TEST(ImageTuning, WhatMakesNoSenseIsRefusedByName) {
  const auto tuned_with = [](const std::string& name, const TuningOptions& options, nn::BatchNormMode batch_norm) {
    const auto model = image_classifier(image_folder(name), {.batch_norm = batch_norm});
    return failure([&] { apply(options, *model, 1); });
  };
  constexpr auto kFrozen = nn::BatchNormMode::kFrozen, kTuned = nn::BatchNormMode::kTuned;
  EXPECT_THAT(tuned_with("resnet_basic", {.method = LoraOptions{}}, kTuned),
              StartsWith("unsupported: tuning.method: lora: an adapter does not carry the running statistics"));
  EXPECT_EQ(tuned_with("vit", {.method = LoraOptions{}}, kTuned), "nothing") << "it has no BatchNorm";
  EXPECT_THAT(tuned_with("efficientnet_lite", {.method = LoraOptions{.targets = {"_depthwise_conv"}}}, kFrozen),
              StartsWith("unsupported: tuning.targets: '_blocks.0._depthwise_conv' is a convolution of 32 groups"));
  EXPECT_THAT(tuned_with("resnet_basic", {.method = LoraOptions{.targets = {"query"}}}, kFrozen),
              HasSubstr("no linear map is called 'query'; there are layer.0.convolution, layer.1.convolution"));
  EXPECT_THAT(tuned_with("resnet_basic", {.method = TopKOptions{.layers = 4}}, kFrozen),
              HasSubstr("the model has 3 layers, got 4; set it to 3 at most"));
}

TEST(ImageTuning, NormsBesideStatisticsThatMoveHaveNoFormOfPeft) {
  const TuningOptions options{.method = NormOptions{}};
  const auto written = [&](nn::BatchNormMode batch_norm) {
    const auto model = image_classifier(image_folder("resnet_basic"), {.batch_norm = batch_norm});
    apply(options, *model, 1);
    return failure([&] { adapter_of(*model, options); });
  };
  EXPECT_EQ(written(nn::BatchNormMode::kFrozen), "nothing");
  EXPECT_THAT(written(nn::BatchNormMode::kTuned), StartsWith("unsupported: norm: an adapter does not carry"));
}

}  // namespace
}  // namespace rift::tuning
