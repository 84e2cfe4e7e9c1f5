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
  lora.adapter.pairs.front().module = "bert.encoder.layer.7.attention.self.query";
  EXPECT_THAT(test::message_of(Code::kArtefact, [&] { adapters.add("c", lora.adapter); }), HasSubstr("layer.7"));
}

}  // namespace
}  // namespace rift::tuning
