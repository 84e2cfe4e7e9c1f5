#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <map>

#include "models/random_bert.h"
#include "rift/base/threads.h"
#include "rift/nn/engine/memory.h"
#include "rift/nn/initial_values.h"
#include "rift/nn/kernels/instruction_set.h"
#include "rift/tensor/aten_threads.h"
#include "rift/tuning/tuning.h"

// The engine beside the same layers out of ATen's operations, on every instruction set of this machine.
namespace rift::models {
namespace {

using nn::Execution;
using nn::ForwardContext;
using nn::Precision;
using nn::kernels::InstructionSet;
using test::random_batch;
using test::random_bert;
using test::RandomBert;

const std::vector<int64_t> kLengths = {17, 1, 130, 2, 33, 64, 5, 300, 31, 96, 97, 12, 7, 3, 40, 11, 8, 21};

class Engine : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    before_ = nn::kernels::instruction_set();
    nn::kernels::force_instruction_set(GetParam());
  }
  void TearDown() override { nn::kernels::force_instruction_set(before_); }

 private:
  InstructionSet before_ = InstructionSet::kBaseline;
};

INSTANTIATE_TEST_SUITE_P(Sets, Engine, testing::ValuesIn(nn::kernels::usable_instruction_sets()),
                         [](const auto& set) { return std::string(nn::kernels::name_of(set.param)); });

struct Outcome {
  at::Tensor logits;
  std::map<std::string, at::Tensor> gradients;
};

/// Logits and the gradients of a loss that weighs every row differently.
Outcome outcome(TextClassifier& model, const tensor::PackedBatch& batch, ForwardContext context, Execution execution) {
  context.execution = execution;
  model.parameters().zero_gradients();
  Outcome outcome{.logits = model.forward(batch, context), .gradients = {}};
  std::vector<double> weights;
  for (int64_t b = 0; b < batch.rows; ++b) weights.push_back(0.3 * static_cast<double>(b % 5) - 0.5);
  outcome.logits.backward(at::tensor(weights, at::kDouble).to(at::kFloat).view({-1, 1}));
  for (const nn::Parameter& parameter : model.parameters().parameters()) {
    if (parameter.trainable) outcome.gradients[parameter.name] = parameter.view.grad().clone();
  }
  return outcome;
}

double norm_of(const at::Tensor& tensor) { return tensor.norm().item<double>(); }

void expect_close(const Outcome& got, const Outcome& expected, double forward, double backward) {
  EXPECT_LT((got.logits - expected.logits).abs().max().item<double>(), forward);
  ASSERT_EQ(got.gradients.size(), expected.gradients.size());
  for (const auto& [name, gradient] : expected.gradients) {
    // The gradient of a key's bias is zero (softmax does not see it): rounding alone.
    const double scale = std::max(norm_of(gradient), name.ends_with("key.bias") ? 1.0 : 1e-4);
    EXPECT_LT(norm_of(got.gradients.at(name) - gradient), backward * scale) << name;
  }
}

constexpr ForwardContext kTraining = {.training = true, .seed = 5, .epoch = 2};

void expect_engine_equals_plain(TextClassifier& model, const tensor::PackedBatch& batch) {
  for (const ForwardContext& context : {ForwardContext{}, kTraining}) {
    const Outcome plain = outcome(model, batch, context, Execution::kPlain);
    expect_close(outcome(model, batch, context, Execution::kAutomatic), plain, 1e-5, 3e-5);
  }
}

TEST_P(Engine, LogitsAndGradientsEqualThePlainLayersWhereFirstTokensAreRead) {
  expect_engine_equals_plain(*random_bert(), random_batch(kLengths));
}

TEST_P(Engine, LogitsAndGradientsEqualThePlainLayersWhereEveryTokenIsRead) {
  expect_engine_equals_plain(*random_bert({.pooling = Pooling::kMean}), random_batch(kLengths));
}

TEST_P(Engine, WideHeadsAndFeedForwardPartsOfSeveralSlabsEqualThePlainLayers) {
  expect_engine_equals_plain(*random_bert({.width = 128, .heads = 2, .layers = 2, .feed_forward = 800}),
                             random_batch({40, 9, 77}));
}

TEST_P(Engine, LowRankUpdatesEqualThePlainLayersOnEveryMapWithAndWithoutDropout) {
  const std::vector<std::string> every = {"query",       "key", "value", "attention.output.dense", "intermediate.dense",
                                          "output.dense"};
  for (const double dropout : {0.0, 0.2}) {
    for (const auto& targets : {every, std::vector<std::string>{"query", "value"}}) {
      const auto model = random_bert();
      tuning::apply({.method = tuning::LoraOptions{.rank = 5, .alpha = 7, .dropout = dropout, .targets = targets}},
                    *model, 11);
      for (nn::Linear* linear : model->encoder().linear_maps()) {
        if (linear->adapter) nn::fill_uniform(model->parameters(), *linear->adapter->parameters()[1], 0.3, 5);
      }
      expect_engine_equals_plain(*model, random_batch(kLengths));
    }
  }
}

TEST_P(Engine, PartsThatDoNotTrainGetNoGradientAndTheRestIsUnchanged) {
  for (const int64_t lowest : {1, 2}) {
    const auto model = random_bert();
    for (const nn::Parameter& parameter : model->parameters().parameters()) {
      const bool above = parameter.name.find("layer." + std::to_string(lowest)) != std::string::npos ||
                         parameter.name.starts_with("classifier");
      model->parameters().set_trainable(parameter, above && !parameter.name.ends_with("query.weight"));
    }
    expect_engine_equals_plain(*model, random_batch(kLengths));
  }
}

TEST_P(Engine, TheGradientOfTheInputIsThatOfThePlainLayers) {
  const auto model = random_bert();
  for (const nn::Parameter& parameter : model->parameters().parameters()) {
    model->parameters().set_trainable(parameter, false);
  }
  const auto batch = random_batch(kLengths);
  const auto gradient = [&](Execution execution) {
    const ForwardContext context{.execution = execution};
    at::Tensor embedded = model->encoder().embed(batch, context).detach().clone();
    embedded.set_requires_grad(true);
    const at::Tensor hidden =
        model->encoder().run_layers(embedded, 0, model->encoder().layer_count(), batch, context, TokensRead::kAll);
    hidden.pow(2).mul(hidden).sum().backward();
    return embedded.grad();
  };
  const at::Tensor plain = gradient(Execution::kPlain);
  EXPECT_GT(norm_of(plain), 1.0);
  EXPECT_LT(norm_of(gradient(Execution::kAutomatic) - plain), 1e-5 * norm_of(plain));
}

TEST_P(Engine, FirstTokensThatAttendFromTheInputHaveTheStatesOfThePlainLayers) {
  const at::NoGradGuard no_gradient;
  std::vector<int64_t> many = kLengths;
  for (int64_t i = 0; i < 150; ++i) many.push_back(1 + i % 7);
  for (const RandomBert& shape : {RandomBert{}, RandomBert{.width = 128, .heads = 2, .layers = 2}}) {
    const auto model = random_bert(shape);
    const auto batch = random_batch(many);
    const at::Tensor embedded = model->encoder().embed(batch, {});
    const auto states = [&](const ForwardContext& context) {
      return model->encoder().run_layers(embedded, 0, shape.layers, batch, context, TokensRead::kFirst);
    };
    const at::Tensor plain = states({.execution = Execution::kPlain});
    EXPECT_LT((states({}) - plain).abs().max().item<double>(), 1e-5);
    EXPECT_LT((states({.precision = Precision::kBf16}) - plain).abs().max().item<double>(), 0.1);
  }
}

TEST_P(Engine, EmbeddingsInOnePassAreThoseOfTheTables) {
  const auto model = random_bert();
  const at::NoGradGuard no_gradient;
  const auto batch = random_batch(kLengths);
  const at::Tensor plain = model->encoder().embed(batch, {.execution = Execution::kPlain});
  EXPECT_LT((model->encoder().embed(batch, {}) - plain).abs().max().item<double>(), 1e-6);
}

TEST_P(Engine, ChangedWeightsAreSeenHoweverTheyWereChanged) {
  const auto model = random_bert({.dropout = 0});
  const auto batch = random_batch({20, 9});
  const auto expect_seen = [&](const char* how) {
    SCOPED_TRACE(how);
    const Outcome plain = outcome(*model, batch, {}, Execution::kPlain);
    expect_close(outcome(*model, batch, {}, Execution::kAutomatic), plain, 1e-5, 3e-5);
  };
  expect_seen("at first");
  nn::ParameterStore& store = model->parameters();
  const nn::Parameter& weight = store.at("bert.encoder.layer.1.output.dense.weight");
  for (float& value : store.values<float>().subspan(static_cast<size_t>(weight.offset), 100)) value += 1;
  expect_seen("by an optimizer");
  store.copy_from({{weight.name, weight.view.detach() * 0.5}});
  expect_seen("by copy_from");
  weight.view.detach().add_(0.25);
  expect_seen("in place");
  store.set_trainable(weight, false);
  weight.view.detach().mul_(-1);
  expect_seen("while frozen");
  store.set_trainable(weight, true);
  for (float& value : store.values<float>().subspan(static_cast<size_t>(weight.offset), 100)) value += 1;
  expect_seen("once trained again");
}

TEST_P(Engine, OneAndTwoThreadsGiveTheSameBits) {
  const auto batch = random_batch(kLengths);
  for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
    ForwardContext context = kTraining;
    context.precision = precision;
    std::vector<Outcome> outcomes;
    for (const int64_t count : {1, 2, 5}) {
      set_threads(count);
      tensor::apply_threads();
      outcomes.push_back(outcome(*random_bert(), batch, context, Execution::kAutomatic));
    }
    set_threads(0);
    tensor::apply_threads();
    for (const Outcome& other : outcomes) {
      EXPECT_TRUE(at::equal(other.logits, outcomes[0].logits));
      for (const auto& [name, gradient] : outcomes[0].gradients) {
        if (name.find(".layer.") == std::string::npos) continue;
        EXPECT_TRUE(at::equal(other.gradients.at(name), gradient)) << name;
      }
    }
  }
}

TEST_P(Engine, MasksAreThoseOfOneThreadWhereNothingNeedsAGradient) {
  const at::NoGradGuard no_gradient;
  const auto model = random_bert();
  for (const auto& lengths : std::vector<std::vector<int64_t>>{{64}, {9, 31, 1, 40}}) {
    const auto batch = random_batch(lengths);
    ForwardContext context = kTraining;
    context.execution = Execution::kPlain;
    const at::Tensor plain = model->forward(batch, context);
    context.execution = Execution::kAutomatic;
    for (const int64_t count : {1, 3}) {
      set_threads(count);
      EXPECT_LT((model->forward(batch, context) - plain).abs().max().item<double>(), 1e-5) << count;
    }
    set_threads(0);
  }
}

TEST_P(Engine, ARowsStatesAreTheSameBitsWhateverStandsBesideIt) {
  const auto model = random_bert();
  const at::NoGradGuard no_gradient;
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    const auto states = [&](const tensor::PackedBatch& batch, TokensRead read) {
      const at::Tensor embedded = model->encoder().embed(batch, {});
      return model->encoder().run_layers(embedded, 0, 3, batch, {.precision = precision}, read);
    };
    const at::Tensor together = states(random_batch(kLengths, 0), TokensRead::kAll);
    const at::Tensor first_together = states(random_batch(kLengths, 0), TokensRead::kFirst);
    int64_t begin = 0;
    for (size_t row = 0; row < kLengths.size(); ++row) {
      const auto batch = random_batch({kLengths[row]}, row);
      EXPECT_TRUE(at::equal(states(batch, TokensRead::kAll), together.narrow(0, begin, kLengths[row]))) << row;
      EXPECT_TRUE(at::equal(states(batch, TokensRead::kFirst)[0], first_together[static_cast<int64_t>(row)])) << row;
      begin += kLengths[row];
    }
  }
}

TEST_P(Engine, ThreadsThatShareAFewRowsGiveTheBitsOfOneThread) {
  const at::NoGradGuard no_gradient;
  for (const Pooling pooling : {Pooling::kPooler, Pooling::kMean}) {
    const auto model = random_bert({.pooling = pooling});
    for (const auto& lengths : std::vector<std::vector<int64_t>>{{64}, {300}, {9, 31, 1, 40}, {1}, {3, 2}}) {
      for (const Precision precision : {Precision::kF32, Precision::kBf16}) {
        std::vector<at::Tensor> logits;
        for (const int64_t count : {1, 2, 3, 8}) {
          set_threads(count);
          logits.push_back(model->forward(random_batch(lengths), {.precision = precision}));
        }
        set_threads(0);
        for (const at::Tensor& other : logits) EXPECT_TRUE(at::equal(other, logits[0]));
      }
    }
  }
}

TEST_P(Engine, ABatchBeyondItsMemoryIsRefusedBeforeAnythingIsComputed) {
  const auto model = random_bert();
  ForwardContext context = kTraining;
  context.most_bytes = 1000;
  EXPECT_THROW(model->forward(random_batch(kLengths), context), nn::engine::OutOfMemory);
  const at::NoGradGuard no_gradient;
  EXPECT_EQ(model->forward(random_batch(kLengths), context).size(0), static_cast<int64_t>(kLengths.size()));
}

TEST_P(Engine, Bf16FollowsF32AsFarAsItsEightBitsGoWhateverTrains) {
  using Targets = std::vector<std::string>;
  for (const Targets& targets : {Targets{}, Targets{"query"}, Targets{"value"}, Targets{"key", "intermediate.dense"}}) {
    const auto model = random_bert();
    if (!targets.empty()) {
      tuning::apply({.method = tuning::LoraOptions{.rank = 5, .alpha = 7, .targets = targets}}, *model, 11);
      for (nn::Linear* linear : model->encoder().linear_maps()) {
        if (linear->adapter) nn::fill_uniform(model->parameters(), *linear->adapter->parameters()[1], 0.3, 5);
      }
    }
    const auto batch = random_batch(kLengths);
    ForwardContext context = kTraining;
    const Outcome f32 = outcome(*model, batch, context, Execution::kAutomatic);
    context.precision = Precision::kBf16;
    const Outcome bf16 = outcome(*model, batch, context, Execution::kAutomatic);
    EXPECT_GT((bf16.logits - f32.logits).abs().max().item<double>(), 0.0);
    expect_close(bf16, f32, 0.02, 0.03);
  }
}

/// Logits of a model that trains nothing.
at::Tensor scored(const TextClassifier& model, const tensor::PackedBatch& batch, Precision precision) {
  const at::NoGradGuard no_gradient;
  return model.forward(batch, {.precision = precision});
}

TEST_P(Engine, BytesFollowF32AsFarAsTheyGo) {
  for (const auto pooling : {Pooling::kPooler, Pooling::kMean}) {
    // A feed-forward part of several slabs, the last one short.
    const auto model = random_bert({.width = 128, .heads = 2, .layers = 3, .feed_forward = 800, .pooling = pooling});
    const auto batch = random_batch(kLengths);
    const at::Tensor f32 = scored(*model, batch, Precision::kF32);
    const at::Tensor bytes = scored(*model, batch, Precision::kInt8);
    const double error = (bytes - f32).abs().max().item<double>();
    EXPECT_GT(error, 0.0);
    EXPECT_LT(error, 0.1);
  }
}

TEST_P(Engine, MapsWithAnAdapterAreNotMultipliedInBytes) {
  const auto model = random_bert();
  const auto batch = random_batch(kLengths);
  const at::Tensor before = scored(*model, batch, Precision::kInt8);
  tuning::apply({.method = tuning::LoraOptions{.rank = 5, .alpha = 7, .targets = {"query", "output.dense"}}}, *model,
                11);
  for (nn::Linear* linear : model->encoder().linear_maps()) {
    if (linear->adapter) nn::fill_uniform(model->parameters(), *linear->adapter->parameters()[1], 0.3, 5);
  }
  const at::Tensor f32 = scored(*model, batch, Precision::kF32);
  const at::Tensor bytes = scored(*model, batch, Precision::kInt8);
  EXPECT_GT((f32 - before).abs().max().item<double>(), 0.1);
  EXPECT_LT((bytes - f32).abs().max().item<double>(), 0.03);
}

TEST_P(Engine, ChangedWeightsAreSeenInBytesToo) {
  const auto model = random_bert();
  const auto batch = random_batch({20, 9});
  scored(*model, batch, Precision::kInt8);
  nn::ParameterStore& store = model->parameters();
  const nn::Parameter& weight = store.at("bert.encoder.layer.1.output.dense.weight");
  for (float& value : store.values<float>().subspan(static_cast<size_t>(weight.offset), 100)) value += 1;
  const at::Tensor f32 = scored(*model, batch, Precision::kF32);
  EXPECT_LT((scored(*model, batch, Precision::kInt8) - f32).abs().max().item<double>(), 0.03);
}

}  // namespace
}  // namespace rift::models
