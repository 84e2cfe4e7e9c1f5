#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "models/tiny_encoders.h"
#include "models/tiny_model.h"
#include "rift/base/options.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/adapter_set.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/tuning.h"
#include "support/failure.h"
#include "support/temp_directory.h"
#include "tuning/one_step.h"

// Every tuning method on every architecture.
namespace rift::tuning {
namespace {

using models::TextClassifier;
using test::classifier_in;
using test::every_method;
using test::kTraining;
using test::step;

/// Those of the fixtures whose encoder has no bias term, as transformers' classes have it.
constexpr std::string_view kWithoutBiases[] = {"modernbert", "modernbert_mean", "llama", "mistral", "qwen3", "gemma3"};

class TunedEncoders : public testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return test::tiny_folder(GetParam()); }
  tensor::PackedBatch batch() const { return test::golden_batch(test::golden_in(folder())); }
  /// Values as after some training, whose merged weights give the unmerged model's logits.
  void expect_same_merged(const TuningOptions& options) const {
    SCOPED_TRACE(to_json_text(write_options(options)));
    const auto model = classifier_in(folder());
    apply(options, *model, 11);
    for (nn::Linear* linear : model->encoder().linear_maps()) {
      ASSERT_NE(linear->adapter, nullptr) << linear->name;
      const auto parameters = linear->adapter->parameters();  // LoRA's B, IA3's scale
      const at::NoGradGuard changing;
      parameters[parameters.size() == 1 ? 0 : 1]->view.detach().add_(0.1);
    }
    const at::NoGradGuard scoring;
    const at::Tensor plain = classifier_in(folder())->forward(batch(), {});
    const at::Tensor tuned = model->forward(batch(), {});
    EXPECT_GT((tuned - plain).abs().max().item<double>(), 1e-3);
    const tensor::TensorMap merged = model->merged_tensors().read_all();
    merge(*model);
    EXPECT_LT((model->forward(batch(), {}) - tuned).abs().max().item<double>(), 1e-5);
    for (const nn::Linear* linear : model->encoder().linear_maps()) {
      EXPECT_TRUE(at::allclose(merged.at(linear->weight->name), linear->weight->view, 1e-6, 1e-7)) << linear->name;
      if (linear->bias == nullptr) continue;
      EXPECT_TRUE(at::allclose(merged.at(linear->bias->name), linear->bias->view, 1e-6, 1e-7)) << linear->name;
    }
  }
  bool without_biases() const { return std::ranges::find(kWithoutBiases, GetParam()) != std::end(kWithoutBiases); }
};

INSTANTIATE_TEST_SUITE_P(Tiny, TunedEncoders, testing::ValuesIn(test::kTinyEncoders),
                         [](const auto& encoder) { return std::string(encoder.param); });
INSTANTIATE_TEST_SUITE_P(TinyDecoder, TunedEncoders, testing::ValuesIn(test::kTinyDecoders),
                         [](const auto& decoder) { return std::string(decoder.param); });

/// The architecture's own, and one that every architecture has.
const std::vector<std::optional<models::Pooling>> kPoolings = {std::nullopt, models::Pooling::kMean};

TEST_P(TunedEncoders, EveryMethodMovesWhatItNamesAndNothingElse) {
  for (const auto& pooling : kPoolings) {
    for (const TuningOptions& options : every_method()) {
      SCOPED_TRACE(options.method_name());
      if (without_biases() && options.method_name() == "bitfit") continue;
      const auto model = classifier_in(folder(), {.pooling = pooling});
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
      step(*model, batch());
      step(*model, batch());  // LoRA's A moves from the second step on: B starts at zero
      for (const auto& [name, tensor] : model->parameters().to_map(false)) {
        // Softmax does not see a key's bias, so that it has no gradient to speak of.
        if (name.ends_with("key.bias") || name.ends_with("k_lin.bias")) continue;
        const bool moves = std::ranges::find(moving, name) != moving.end();
        EXPECT_EQ(!at::equal(tensor, before.at(name)), moves) << name;
      }
    }
  }
}

TEST_P(TunedEncoders, BitFitIsRefusedWhereTheHeadAloneWouldTrain) {
  const auto model = classifier_in(folder());
  const std::string said = test::failure([&] { apply({.method = BitFitOptions{}}, *model, 1); });
  const std::string expected = without_biases() ? "configuration: tuning.method: bitfit: the encoder of this model has "
                                                  "no bias terms, so that the head alone would train; set lora to "
                                                  "adapt its linear maps, or head to train the head alone"
                                                : "nothing";
  EXPECT_EQ(said, expected);
}

/// Every way to change linear maps, on all of `every`.
std::vector<TuningOptions> of_every_map(const std::vector<std::string>& every) {
  return {{.method = LoraOptions{.rank = 2, .alpha = 4, .targets = every}},
          {.method = LoraOptions{.rank = 2, .alpha = 4, .targets = every, .dora = true}},
          {.method = LoraOptions{.rank = 2, .alpha = 4, .targets = every, .init = LoraInit::kPissa}},
          {.method = Ia3Options{.targets = every}},
          {.method = Ia3Options{.targets = every, .feed_forward = every}}};
}

TEST_P(TunedEncoders, WhatChangesEveryMapMergesToTheSameLogits) {
  std::vector<std::string> every;
  const auto untuned = classifier_in(folder());
  for (const nn::Linear* linear : untuned->encoder().linear_maps()) every.push_back(linear->name);
  for (const TuningOptions& options : of_every_map(every)) expect_same_merged(options);
}

TEST_P(TunedEncoders, AWrittenAdapterGivesItsLogitsOnAnUntouchedModel) {
  const checkpoint::ModelLayout layout = test::layout_of(checkpoint::open_hf_directory(folder()).config);
  const at::NoGradGuard scoring;
  std::vector<TuningOptions> all = every_method();
  all.push_back({.method = LoraOptions{.rank = 2, .init = LoraInit::kPissa}});
  for (const auto& pooling : kPoolings) {
    for (const TuningOptions& options : all) {
      if (!has_peft_form(options)) continue;
      SCOPED_TRACE(to_json_text(write_options(options)));
      const auto model = classifier_in(folder(), {.pooling = pooling});
      if (!test::refusal(options, *model).empty()) continue;
      apply(options, *model, 11);
      for (const nn::Parameter& parameter : model->parameters().parameters()) {
        if (parameter.trainable) nn::fill_uniform(model->parameters(), parameter, 0.3, 5);
      }
      const test::TempDirectory out;
      checkpoint::write_peft_directory(out.path(), adapter_of(*model, options).value(), layout);
      const auto untouched = classifier_in(folder(), {.pooling = pooling});
      AdapterSet adapters(*untouched);
      adapters.add("one", checkpoint::read_peft_directory(out.path(), layout));
      adapters.use("one");
      EXPECT_LT((untouched->forward(batch(), {}) - model->forward(batch(), {})).abs().max().item<double>(), 1e-5);
    }
  }
}

TEST_P(TunedEncoders, AnAdapterIsWrittenAndReadUnderTheModelsOwnNames) {
  const checkpoint::ModelLayout layout = test::layout_of(checkpoint::open_hf_directory(folder()).config);
  for (const auto& pooling : kPoolings) {
    const auto model = classifier_in(folder(), {.pooling = pooling});
    const LoraOptions options{.rank = 2};
    apply({.method = options}, *model, 11);
    const checkpoint::PeftAdapter adapter = adapter_of(*model, options);
    EXPECT_EQ(adapter.config.target_modules, model->encoder().lora_maps());
    EXPECT_EQ(adapter.pairs.size(), adapter.config.target_modules.size() * model->encoder().layers().size());
    const test::TempDirectory out;
    checkpoint::write_peft_directory(out.path(), adapter, layout);
    const checkpoint::PeftAdapter read = checkpoint::read_peft_directory(out.path(), layout);
    ASSERT_EQ(read.pairs.size(), adapter.pairs.size());
    for (size_t i = 0; i < read.pairs.size(); ++i) {
      EXPECT_EQ(read.pairs[i].module, adapter.pairs[i].module);
      EXPECT_TRUE(at::equal(read.pairs[i].a, adapter.pairs[i].a));
    }
    ASSERT_EQ(read.saved.size(), adapter.saved.size());
    for (const auto& [name, tensor] : adapter.saved) EXPECT_TRUE(at::equal(read.saved.at(name), tensor)) << name;
  }
}

}  // namespace
}  // namespace rift::tuning
