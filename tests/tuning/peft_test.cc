#include "rift/tuning/peft.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "models/tiny_bert.h"
#include "rift/base/error.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/tuning.h"

namespace rift::tuning {
namespace {

using test::tiny_batch;
using test::tiny_classifier;
using test::TinyOptions;

std::unique_ptr<models::TextClassifier> tuned(const LoraOptions& options, const TinyOptions& tiny = {}) {
  auto model = tiny_classifier(tiny);
  apply({.method = options}, *model, 11);
  nn::ParameterStore& store = model->parameters();
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.trainable) nn::fill_uniform(store, parameter, 0.3, 5);
  }
  return model;
}

TEST(PeftAdapterOf, LoadedOnTheBaseModelItGivesTheSameLogits) {
  for (const auto pooling : {models::Pooling::kPooler, models::Pooling::kMean}) {
    const LoraOptions options{.rank = 2, .alpha = 3, .targets = {"query", "output.dense"}};
    const auto model = tuned(options, {.pooling = pooling});
    const checkpoint::PeftAdapter adapter = adapter_of(*model, options);
    EXPECT_EQ(adapter.pairs.size(), 6u);  // "output.dense" is also the end of attention.output.dense
    const auto base = tiny_classifier({.pooling = pooling});
    load_adapter(adapter, *base);
    EXPECT_TRUE(at::equal(base->forward(tiny_batch(), {}), model->forward(tiny_batch(), {})));
  }
}

TEST(PeftAdapterOf, SavesWhatTrainedBesideTheAdapter) {
  const LoraOptions options{.rank = 2};
  const auto on_pooler = adapter_of(*tuned(options), options);
  EXPECT_EQ(on_pooler.config.task, checkpoint::PeftTask::kSequenceClassification);
  EXPECT_EQ(on_pooler.config.modules_to_save, (std::vector<std::string>{"classifier", "pooler"}));
  EXPECT_EQ(on_pooler.saved.size(), 4u);
  EXPECT_EQ(on_pooler.config.target_modules, (std::vector<std::string>{"query", "value"}));
  const auto on_mean = adapter_of(*tuned(options, {.pooling = models::Pooling::kMean}), options);
  EXPECT_EQ(on_mean.config.task, checkpoint::PeftTask::kFeatureExtraction);
  EXPECT_EQ(on_mean.saved.size(), 2u);
}

TEST(PeftAdapterOf, TargetsThatPeftWouldReadMoreWidelyAreWrittenInFull) {
  const LoraOptions options{.rank = 2, .targets = {"dense"}};
  const auto adapter = adapter_of(*tuned(options), options);
  EXPECT_EQ(adapter.config.target_modules.size(), 6u);
  EXPECT_EQ(adapter.config.target_modules.front(), "bert.encoder.layer.0.attention.output.dense");
}

TEST(LoadAdapter, NamesWhatTheModelLacks) {
  const LoraOptions options{.rank = 2};
  auto adapter = adapter_of(*tuned(options), options);
  adapter.pairs[0].module = "bert.encoder.layer.7.attention.self.query";
  const auto base = tiny_classifier();
  try {
    load_adapter(adapter, *base);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kArtefact);
    EXPECT_NE(error.message().find("layer.7"), std::string::npos) << error.message();
  }
  EXPECT_THROW(adapter_of(*tiny_classifier(), options), Error);
}

}  // namespace
}  // namespace rift::tuning
