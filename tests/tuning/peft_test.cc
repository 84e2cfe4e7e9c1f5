#include "rift/tuning/peft.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <gtest/gtest.h>

#include "models/tiny_bert.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/tuning.h"
#include "support/failure.h"

namespace rift::tuning {
namespace {

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

// y = x W^T + (alpha / rank) (x A^T) B^T: the weight that PEFT would merge to is W + (alpha / rank) B A.
TEST(PeftAdapterOf, BaseWeightsAndPairsGiveTheMergedWeights) {
  const LoraOptions options{.rank = 2, .alpha = 3, .targets = {"query", "output.dense"}};
  const auto model = tuned(options);
  const checkpoint::PeftAdapter adapter = adapter_of(*model, options);
  EXPECT_EQ(adapter.pairs.size(), 6u);  // "output.dense" is also the end of attention.output.dense
  EXPECT_DOUBLE_EQ(adapter.config.scale(), 1.5);
  const auto base = tiny_classifier();
  const tensor::TensorMap merged = model->merged_tensors().read_all();
  for (const checkpoint::LoraPair& pair : adapter.pairs) {
    const at::Tensor before = base->parameters().at(pair.module + ".weight").view.detach();
    const at::Tensor expected = before + 1.5 * at::matmul(pair.b, pair.a);
    EXPECT_TRUE(at::allclose(merged.at(pair.module + ".weight"), expected, 1e-6, 1e-7)) << pair.module;
    EXPECT_FALSE(at::equal(expected, before)) << pair.module;
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

TEST(PeftAdapterOf, AModelWithoutAnAdapterHasNoneToWrite) {
  test::message_of(Code::kUnsupported, [] { adapter_of(*tiny_classifier(), LoraOptions{.rank = 2}); });
}

}  // namespace
}  // namespace rift::tuning
