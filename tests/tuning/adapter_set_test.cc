#include "rift/tuning/adapter_set.h"

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

struct Tuned {
  checkpoint::PeftAdapter adapter;
  at::Tensor logits;
};

/// What a model gives that was tuned so, and its adapter; nullopt for a method without PEFT's form.
std::optional<Tuned> tuned(const TuningOptions& options, uint64_t seed) {
  const auto model = tiny_classifier();
  apply(options, *model, seed);
  nn::ParameterStore& store = model->parameters();
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.trainable) nn::fill_uniform(store, parameter, 0.4, seed);
  }
  auto adapter = adapter_of(*model, options);
  if (!adapter) return std::nullopt;
  const at::NoGradGuard scoring;
  return Tuned{std::move(*adapter), model->forward(tiny_batch(), {})};
}

TEST(AdapterSet, EachAdapterGivesItsOwnLogitsAndTheBaseComesBack) {
  const at::NoGradGuard scoring;
  const auto model = tiny_classifier();
  const at::Tensor base = model->forward(tiny_batch(), {});
  AdapterSet adapters(*model);
  std::vector<Tuned> all;
  for (const TuningOptions& options : test::every_method()) {
    auto one = tuned(options, 20 + all.size());
    if (!one) continue;
    adapters.add(fmt::format("adapter-{}", all.size()), one->adapter);
    all.push_back(std::move(*one));
  }
  EXPECT_EQ(all.size(), 6u);  // norm, LoRA, DoRA, IA3, prompt, prefix
  EXPECT_TRUE(at::equal(model->forward(tiny_batch(), {}), base));
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < all.size(); ++i) {
      adapters.use(fmt::format("adapter-{}", i));
      EXPECT_LT((model->forward(tiny_batch(), {}) - all[i].logits).abs().max().item<double>(), 1e-6) << i;
      EXPECT_GT((all[i].logits - base).abs().max().item<double>(), 1e-3) << i;
    }
  }
  adapters.use_none();
  EXPECT_TRUE(at::equal(model->forward(tiny_batch(), {}), base));
  EXPECT_EQ(adapters.names().size(), all.size());
}

TEST(AdapterSet, AnAdapterMayComeWhileAnotherIsInUse) {
  const at::NoGradGuard scoring;
  const auto model = tiny_classifier();
  const at::Tensor base = model->forward(tiny_batch(), {});
  AdapterSet adapters(*model);
  const Tuned first = *tuned({.method = LoraOptions{}}, 1), second = *tuned({.method = NormOptions{}}, 2);
  adapters.add("first", first.adapter);
  adapters.use("first");
  adapters.add("second", second.adapter);
  EXPECT_TRUE(at::equal(model->forward(tiny_batch(), {}), first.logits));
  adapters.use("second");
  EXPECT_TRUE(at::equal(model->forward(tiny_batch(), {}), second.logits));
  adapters.use_none();
  EXPECT_TRUE(at::equal(model->forward(tiny_batch(), {}), base));
}

TEST(AdapterSet, MistakesAreNamed) {
  const auto model = tiny_classifier();
  AdapterSet adapters(*model);
  Tuned lora = *tuned({.method = LoraOptions{}}, 1);
  adapters.add("a", lora.adapter);
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { adapters.add("a", lora.adapter); }), HasSubstr("held already"));
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { adapters.add("a.b", lora.adapter); }), HasSubstr("letters"));
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { adapters.use("b"); }), HasSubstr("there are a"));
  const auto bare = tiny_classifier();
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { AdapterSet(*bare).use("b"); }), HasSubstr("add() one first"));
  lora.adapter.pairs.front().module = "bert.encoder.layer.7.attention.self.query";
  EXPECT_THAT(test::message_of(Code::kArtefact, [&] { adapters.add("c", lora.adapter); }), HasSubstr("layer.7"));
}

/// What is wrong in the second of two modules, so that the first has been looked at already.
struct Damage {
  TuningOptions options;
  void (*damage)(checkpoint::PeftAdapter& adapter);
  const char* says;
};

TEST(AdapterSet, AnAdapterThatIsRefusedLeavesNothingBehind) {
  using checkpoint::PeftAdapter;
  const TuningOptions lora{.method = LoraOptions{}}, dora{.method = LoraOptions{.dora = true}},
      ia3{.method = Ia3Options{}}, prompt{.method = PromptOptions{.tokens = 3}};
  const Damage all[] = {
      {lora, [](PeftAdapter& a) { a.pairs[1].module = "bert.encoder.layer.7.query"; }, "layer.7"},
      {lora, [](PeftAdapter& a) { a.pairs[1].a = a.pairs[1].a.narrow(1, 0, 3).clone(); }, "lora_A"},
      {lora, [](PeftAdapter& a) { a.pairs[1].b = a.pairs[1].b.narrow(0, 0, 3).clone(); }, "lora_B"},
      {dora, [](PeftAdapter& a) { a.pairs[1].lengths = a.pairs[1].lengths.narrow(0, 0, 3).clone(); }, "magnitude"},
      {ia3, [](PeftAdapter& a) { a.scales[1].module = "bert.encoder.layer.7.key"; }, "layer.7"},
      {ia3, [](PeftAdapter& a) { a.scales[1].values = a.scales[1].values.narrow(0, 0, 3).clone(); }, "ia3_l"},
      {prompt, [](PeftAdapter& a) { a.virtual_tokens = a.virtual_tokens.narrow(1, 0, 3).clone(); }, "prompt"},
      {lora, [](PeftAdapter& a) { a.saved.begin()->second = a.saved.begin()->second.flatten().repeat({2}); },
       "expects"},
  };
  const at::NoGradGuard scoring;
  for (const Damage& one : all) {
    SCOPED_TRACE(one.says);
    const auto model = tiny_classifier();
    const at::Tensor base = model->forward(tiny_batch(), {});
    const size_t parameters = model->parameters().parameters().size();
    AdapterSet adapters(*model);
    const Tuned whole = *tuned(one.options, 3);
    PeftAdapter damaged = whole.adapter;
    one.damage(damaged);
    EXPECT_THAT(test::message_of(Code::kArtefact, [&] { adapters.add("a", damaged); }), HasSubstr(one.says));
    EXPECT_EQ(model->parameters().parameters().size(), parameters);
    EXPECT_TRUE(adapters.names().empty());
    EXPECT_TRUE(at::equal(model->forward(tiny_batch(), {}), base));
    adapters.add("a", whole.adapter);  // the name is free still
    adapters.use("a");
    EXPECT_LT((model->forward(tiny_batch(), {}) - whole.logits).abs().max().item<double>(), 1e-6);
    adapters.use_none();
    EXPECT_TRUE(at::equal(model->forward(tiny_batch(), {}), base));
  }
}

}  // namespace
}  // namespace rift::tuning
