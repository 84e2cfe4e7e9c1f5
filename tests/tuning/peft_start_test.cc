#include "rift/tuning/peft_start.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/tiny_bert.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/peft.h"
#include "support/failure.h"
#include "tuning/one_step.h"

namespace rift::tuning {
namespace {

using test::tiny_batch;
using test::tiny_classifier;
using testing::HasSubstr;

/// A model that was tuned so.
std::unique_ptr<models::TextClassifier> tuned(const TuningOptions& options, uint64_t seed) {
  auto model = tiny_classifier();
  apply(options, *model, seed);
  nn::ParameterStore& store = model->parameters();
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.trainable) nn::fill_uniform(store, parameter, 0.4, seed);
  }
  return model;
}

TEST(StartFromPeft, TheModelComputesWhatTheAdaptersDoes) {
  const at::NoGradGuard scoring;
  int compared = 0;
  for (const TuningOptions& options : test::every_method()) {
    if (!has_peft_form(options)) continue;
    SCOPED_TRACE(options.method_name());
    const auto first = tuned(options, 3);
    const auto second = tiny_classifier();
    apply(options, *second, 4);
    const at::Tensor expected = first->forward(tiny_batch(), {});
    EXPECT_GT((second->forward(tiny_batch(), {}) - expected).abs().max().item<double>(), 1e-3);
    start_from(*adapter_of(*first, options), options, *second);
    EXPECT_LT((second->forward(tiny_batch(), {}) - expected).abs().max().item<double>(), 1e-6);
    ++compared;
  }
  EXPECT_EQ(compared, 6);  // norm, LoRA, DoRA, IA3, prompt, prefix
}

/// What the run asks for where the adapter is that of `made`, and what is said of it.
struct Other {
  TuningOptions made;
  TuningOptions asked;
  Code code;
  const char* says;
};

TEST(StartFromPeft, AnAdapterOfOtherSettingsIsRefusedByTheSettingsName) {
  const TuningOptions lora{.method = LoraOptions{.rank = 3, .alpha = 6}};
  const Other all[] = {
      {lora, {.method = Ia3Options{}}, Code::kConfig, "tuning.method: the adapter is one of 'lora', got 'ia3'"},
      {lora, {.method = FullOptions{}}, Code::kConfig, "tuning.method"},
      {lora, {.method = LoraOptions{.rank = 2, .alpha = 4}}, Code::kConfig, "tuning.rank: the adapter has 3, got 2"},
      {lora, {.method = LoraOptions{.rank = 3, .alpha = 4}}, Code::kConfig, "tuning.alpha"},
      {lora, {.method = LoraOptions{.rank = 3, .alpha = 6, .dora = true}}, Code::kConfig, "tuning.dora"},
      {lora,
       {.method = LoraOptions{.rank = 3, .alpha = 6, .init = LoraInit::kPissa}},
       Code::kUnsupported,
       "tuning.init: pissa"},
      {lora, {.method = LoraOptions{.rank = 3, .alpha = 6, .targets = {"query"}}}, Code::kConfig, "also holds"},
      {lora,
       {.method = LoraOptions{.rank = 3, .alpha = 6, .targets = {"query", "key", "value"}}},
       Code::kConfig,
       "tuning.targets: the adapter lacks"},
      {{.method = Ia3Options{.targets = {"output.dense"}, .feed_forward = {"output.dense"}}},
       {.method = Ia3Options{.targets = {"output.dense"}}},
       Code::kConfig,
       "tuning.feed_forward"},
      {{.method = PromptOptions{.tokens = 3}},
       {.method = PromptOptions{.tokens = 2}},
       Code::kArtefact,
       "another tuning.tokens"}};
  const at::NoGradGuard scoring;
  for (const Other& one : all) {
    SCOPED_TRACE(one.says);
    const checkpoint::PeftAdapter adapter = *adapter_of(*tuned(one.made, 3), one.made);
    const auto model = tiny_classifier();
    apply(one.asked, *model, 4);
    const at::Tensor before = model->forward(tiny_batch(), {});
    EXPECT_THAT(test::message_of(one.code, [&] { start_from(adapter, one.asked, *model); }), HasSubstr(one.says));
    EXPECT_TRUE(at::equal(model->forward(tiny_batch(), {}), before));
  }
}

TEST(StartFromPeft, AHeadOfOtherClassesOrPoolingIsRefusedByItsName) {
  const TuningOptions options{.method = LoraOptions{.rank = 2}};
  checkpoint::PeftAdapter adapter = *adapter_of(*tuned(options, 3), options);
  const auto refused = [&] {
    const auto model = tiny_classifier();
    apply(options, *model, 4);
    return test::message_of(Code::kArtefact, [&] { start_from(adapter, options, *model); });
  };
  at::Tensor& head = adapter.saved.at("classifier.weight");
  const at::Tensor own = head;
  head = head.repeat({2, 1});
  EXPECT_THAT(refused(), testing::AllOf(HasSubstr("classifier.weight"), HasSubstr("other classes")));
  head = own;
  adapter.saved.emplace("classifier.dense.weight", own);
  EXPECT_THAT(refused(), testing::AllOf(HasSubstr("classifier.dense.weight"), HasSubstr("model.text.pooling")));
}

}  // namespace
}  // namespace rift::tuning
