#include "rift/tuning/tuning.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "models/tiny_bert.h"
#include "rift/base/count_text.h"
#include "rift/base/error.h"
#include "support/failure.h"
#include "tuning/one_step.h"

namespace rift::tuning {
namespace {

using models::TextClassifier;
using test::every_method;
using test::kTraining;
using test::step;
using test::tiny_batch;
using test::tiny_classifier;

std::string message_of(const TuningOptions& options, const test::TinyOptions& model_options = {}) {
  const auto model = tiny_classifier(model_options);
  try {
    apply(options, *model, 1);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kConfig);
    return error.message();
  }
  return "no error";
}

TEST(Tuning, EveryMethodMovesWhatItNamesAndNothingElse) {
  for (const TuningOptions& options : every_method()) {
    SCOPED_TRACE(options.method_name());
    const auto model = tiny_classifier();
    const Applied applied = apply(options, *model, 1);
    test::begin_every_stage(model->parameters(), applied);
    std::vector<std::string> moving = applied.encoder;
    moving.insert(moving.end(), applied.head.begin(), applied.head.end());
    const tensor::TensorMap before = model->parameters().to_map(true);
    step(*model, tiny_batch());
    step(*model, tiny_batch());  // LoRA's A moves from the second step on: B starts at zero
    for (const auto& [name, tensor] : model->parameters().to_map(false)) {
      const bool moves = std::ranges::find(moving, name) != moving.end();
      // Softmax does not see a key's bias, so that it has no gradient to speak of.
      if (moves && name.ends_with("key.bias")) continue;
      EXPECT_EQ(!at::equal(tensor, before.at(name)), moves) << name;
    }
  }
}

TEST(Tuning, NothingBelowTheLowestTrainableLayerIsComputedBackwards) {
  const std::map<std::string_view, int64_t> stages = {{"full", 0},       {"head", 3},   {"top_k", 2}, {"gradual", 3},
                                                      {"bitfit", 0},     {"norm", 0},   {"lora", 1},  {"ia3", 1},
                                                      {"bottleneck", 1}, {"prompt", 0}, {"prefix", 1}};
  for (const TuningOptions& options : every_method()) {
    SCOPED_TRACE(options.method_name());
    const auto model = tiny_classifier();
    apply(options, *model, 1);
    const int64_t stage = model->encoder().first_trainable_stage();
    EXPECT_EQ(stage, stages.at(options.method_name()));
    const tensor::PackedBatch batch = model->encoder().prepared(tiny_batch());
    const at::Tensor embedded = model->encoder().embed(batch, kTraining);
    EXPECT_EQ(embedded.requires_grad(), stage == 0);
    const at::Tensor below = model->encoder().run_layers(embedded, 0, std::max<int64_t>(stage - 1, 0), batch, kTraining,
                                                         models::TokensRead::kAll);
    EXPECT_EQ(below.requires_grad(), stage == 0);
    model->forward(tiny_batch(), kTraining).sum().backward();
    for (const nn::Parameter& parameter : model->parameters().parameters()) {
      EXPECT_EQ(parameter.view.grad().defined(), parameter.trainable) << parameter.name;
    }
  }
}

TEST(Tuning, MethodsNameTheirParameters) {
  const auto counts = [](const TuningOptions& options) {
    const auto model = tiny_classifier();
    const Applied applied = apply(options, *model, 1);
    return std::pair(applied.encoder.size(), applied.head.size());
  };
  EXPECT_EQ(counts({.method = FullOptions{}}), std::pair(size_t{5 + 2 * 16}, size_t{4}));
  EXPECT_EQ(counts({.method = HeadOptions{}}), std::pair(size_t{0}, size_t{4}));
  EXPECT_EQ(counts({.method = TopKOptions{.layers = 1}}), std::pair(size_t{16}, size_t{4}));
  EXPECT_EQ(counts({.method = BitFitOptions{}}), std::pair(size_t{1 + 2 * 8}, size_t{4}));
  EXPECT_EQ(counts({.method = LoraOptions{}}), std::pair(size_t{2 * 2 * 2}, size_t{4}));
  EXPECT_EQ(counts({.method = LoraOptions{.dora = true}}), std::pair(size_t{2 * 2 * 3}, size_t{4}));
  EXPECT_EQ(counts({.method = NormOptions{}}), std::pair(size_t{2 + 2 * 4}, size_t{4}));
  EXPECT_EQ(counts({.method = Ia3Options{}}), std::pair(size_t{2 * 4}, size_t{4}));  // both maps back are output.dense
  EXPECT_EQ(counts({.method = BottleneckOptions{.style = BottleneckStyle::kHoulsby}}),
            std::pair(size_t{2 * 2 * 4}, size_t{4}));
  EXPECT_EQ(counts({.method = BottleneckOptions{}}), std::pair(size_t{2 * 4}, size_t{4}));
  EXPECT_EQ(counts({.method = PromptOptions{}}), std::pair(size_t{1}, size_t{4}));
  EXPECT_EQ(counts({.method = PrefixOptions{}}), std::pair(size_t{1}, size_t{4}));
}

TEST(Tuning, GradualBeginsWithTheHeadAndGoesDownToTheEmbeddings) {
  const auto model = tiny_classifier();
  const Applied applied = apply({.method = GradualOptions{}}, *model, 1);
  ASSERT_EQ(applied.stages.size(), 3u);  // two layers and the embeddings
  EXPECT_TRUE(applied.stages[0].front().starts_with("bert.encoder.layer.1."));
  EXPECT_TRUE(applied.stages[1].front().starts_with("bert.encoder.layer.0."));
  EXPECT_EQ(applied.stages[2], model->stem().parameters);
  const nn::ParameterStore& store = model->parameters();
  EXPECT_EQ(store.trainable_count(), 1056 + 33);  // pooler and head
  EXPECT_TRUE(store.at("bert.encoder.layer.1.output.dense.weight").resting);
  EXPECT_NE(applied.description.find(fmt::format("of {} parameters move", count_text(store.parameter_count()))),
            std::string::npos)
      << applied.description;
  const auto together = tiny_classifier();
  EXPECT_EQ(apply({.method = GradualOptions{.layers_per_stage = 5}}, *together, 1).stages.size(), 2u);
}

TEST(Tuning, WhatStandsBesideTheWeightsCannotBeMerged) {
  for (const TuningOptions& options : every_method()) {
    const auto model = tiny_classifier();
    apply(options, *model, 1);
    const std::string said = test::failure([&] { merge(*model); });
    EXPECT_EQ(said.find("cannot be merged") != std::string::npos, !options.merges()) << options.method_name() << said;
  }
}

TEST(Tuning, DescriptionCountsWhatMoves) {
  const auto model = tiny_classifier();
  // Per adapter 2 * rank * 32 numbers on four maps, pooler 32 * 32 + 32, head 32 + 1.
  const int64_t moving = 4 * 2 * 3 * 32 + 1056 + 33;
  const Applied applied = apply({.method = LoraOptions{.rank = 3}}, *model, 1);
  EXPECT_EQ(model->parameters().trainable_count(), moving);
  EXPECT_EQ(applied.description.find("LoRA r=3 on query, value: 1,857 of "), 0u) << applied.description;
}

TEST(Tuning, DescriptionNamesWhatFreezeTookAway) {
  const auto full = tiny_classifier();
  const std::string described = apply({.method = FullOptions{}, .freeze = {"word_embeddings"}}, *full, 1).description;
  EXPECT_EQ(described.find("the whole model but word_embeddings: "), 0u) << described;
  const auto head = tiny_classifier();
  const std::string untouched = apply({.method = HeadOptions{}, .freeze = {"word_embeddings"}}, *head, 1).description;
  EXPECT_EQ(untouched.find("word_embeddings"), std::string::npos) << "it does not move anyway: " << untouched;
}

TEST(Tuning, FreezeTakesItsPartAwayWhateverTheMethod) {
  const auto model = tiny_classifier();
  const Applied applied = apply({.method = FullOptions{}, .freeze = {"word_embeddings", "layer.0."}}, *model, 1);
  for (const std::string& name : applied.encoder) {
    EXPECT_EQ(name.find("word_embeddings"), std::string::npos);
    EXPECT_EQ(name.find("layer.0."), std::string::npos);
  }
  EXPECT_FALSE(model->parameters().at("bert.embeddings.word_embeddings.weight").trainable);
  EXPECT_TRUE(model->parameters().at("bert.embeddings.position_embeddings.weight").trainable);
}

TEST(Tuning, UnusedPoolerNeverMoves) {
  const auto model = tiny_classifier({.pooling = models::Pooling::kMean});
  const Applied applied = apply({.method = FullOptions{}}, *model, 1);
  EXPECT_EQ(applied.head.size(), 2u);
  EXPECT_FALSE(model->parameters().at("bert.pooler.dense.weight").trainable);
}

TEST(Tuning, MistakesAreNamedWithWhatThereIs) {
  EXPECT_NE(message_of({.method = TopKOptions{.layers = 3}}).find("the model has 2 layers, got 3"), std::string::npos);
  const std::string targets = message_of({.method = LoraOptions{.targets = {"query", "q_proj"}}});
  EXPECT_NE(targets.find("'q_proj'"), std::string::npos) << targets;
  EXPECT_NE(targets.find("attention.self.query"), std::string::npos) << targets;
  const std::string freeze = message_of({.method = FullOptions{}, .freeze = {"wrd_embeddings"}});
  EXPECT_NE(freeze.find("'wrd_embeddings'"), std::string::npos) << freeze;
  EXPECT_NE(freeze.find("bert.embeddings.word_embeddings.weight"), std::string::npos) << freeze;
  EXPECT_NE(message_of({.method = HeadOptions{}, .freeze = {"classifier", "pooler"}}).find("nothing to train"),
            std::string::npos);
}

}  // namespace
}  // namespace rift::tuning
