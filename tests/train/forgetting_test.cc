#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "models/load.h"
#include "rift/base/files.h"
#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/package/text_model.h"
#include "rift/package/text_scorer.h"
#include "rift/train/fine_tune.h"
#include "rift/train/pretrain/language_task.h"
#include "rift/train/pretrain/token_cache.h"
#include "rift/tuning/tuning.h"
#include "support/failure.h"
#include "train/anchored_run.h"

// What fine-tuning costs of what the pretrained model knew: Fisher information, general texts, forgetting.
namespace rift::train {
namespace {

namespace fs = std::filesystem;
using objective::EwcAnchor;
using objective::Similarity;
using test::AnchoredRun;
using test::begins_apart;
using test::failure;
using test::methods;
using testing::HasSubstr;

/// The same checkpoint as a language model of its own, and the general texts.
struct AsLanguageModel {
  explicit AsLanguageModel(const AnchoredRun& run, int64_t max_tokens = test::kMaxTokensBehindVirtual)
      : base(checkpoint::open_hf_directory(run.folder / "base")),
        tokenizer(encode::text::load_tokenizer(base.root)),
        special(encode::text::find_special_tokens(*tokenizer, base.root)),
        model({.config = base.config},
              checkpoint::load_model(base, test::small_layout(), {.language_head = true}).tensors) {
    const fs::path folder = run.folder.folder("tokens");
    write_token_cache(folder, {.source = {.source = run.texts},
                               .tokenizer = *tokenizer,
                               .rule = {.max_tokens = max_tokens, .special = special},
                               .held_out = 0.0});
    rows.emplace(folder, kTrainRows);
    task.emplace(LanguageTaskSpec{.train = *rows, .held_out = *rows, .masker = make_masker({}, *tokenizer, special)},
                 model);
  }
  checkpoint::HfDirectory base;
  std::shared_ptr<const encode::text::Tokenizer> tokenizer;
  encode::text::SpecialTokens special;
  models::LanguageModel model;
  std::optional<TokenStore> rows;
  std::optional<LanguageTask> task;
};

TEST(Fisher, IsTheMeanOfSquaredGradientsOfTheRowsOfTheLanguageModel) {
  AnchoredRun run;
  run.options.objective.anchor.kind = EwcAnchor{.lambda = 1e-3, .source = {.texts = run.texts}};
  const FineTuned tuned = run.tune();
  tuned.scorer->save(run.folder.folder("package"));
  const checkpoint::TensorMap fisher = checkpoint::read_tensors(run.folder / "package" / package::kFisherFile);

  AsLanguageModel language(run);
  nn::ParameterStore& store = language.model.parameters();
  std::vector<double> sums(static_cast<size_t>(store.elements()));
  const nn::ForwardContext context{.seed = 1};
  for (int64_t row = 0; row < language.rows->rows(); ++row) {
    store.zero_gradients();
    language.task->add_gradient({&row, 1}, context, 1.0 / language.task->weight({&row, 1}, context));
    const std::span<const float> gradients = std::as_const(store).gradients<float>();
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] += static_cast<double>(gradients[i]) * static_cast<double>(gradients[i]);
  }
  int64_t compared = 0, positive = 0;
  for (const auto& [name, tensor] : fisher) {
    const nn::Parameter* parameter = store.find(name);
    const auto* values = tensor.const_data_ptr<float>();
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      // A pooler has no part in the pretraining loss.
      const double expected = parameter == nullptr ? 0.0
                                                   : sums[static_cast<size_t>(parameter->offset + i)] /
                                                         static_cast<double>(language.rows->rows());
      EXPECT_NEAR(values[i], expected, 1e-4 * expected + 1e-9) << name;
      positive += values[i] > 0 ? 1 : 0;
      ++compared;
    }
  }
  EXPECT_GT(compared, 500);
  EXPECT_GT(2 * positive, compared);
}

TEST(Fisher, OfAnEarlierRunServesALaterOneToTheBit) {
  AnchoredRun first;
  first.options.objective.anchor.kind = EwcAnchor{.lambda = 20.0, .source = {.texts = first.texts}};
  const FineTuned tuned = first.tune();
  tuned.scorer->save(first.folder.folder("package"));
  AnchoredRun second;
  const fs::path file = first.folder / "package" / package::kFisherFile;
  second.options.objective.anchor.kind = EwcAnchor{.lambda = 20.0, .fisher = file.string()};
  EXPECT_EQ(second.tune().scorer->score(second.dataset.table).values, tuned.scorer->score(first.dataset.table).values);

  checkpoint::TensorMap lacking = checkpoint::read_tensors(file);
  lacking.erase("bert.encoder.layer.1.output.dense.weight");
  checkpoint::write_tensors(second.folder / "lacking.safetensors", lacking);
  second.options.objective.anchor.kind =
      EwcAnchor{.lambda = 20.0, .fisher = (second.folder / "lacking.safetensors").string()};
  EXPECT_THAT(test::message_of(Code::kArtefact, [&] { second.tune(); }),
              HasSubstr("no Fisher information of 'bert.encoder.layer.1.output.dense.weight'"));
  second.options.objective.anchor.kind = EwcAnchor{.lambda = 20.0, .fisher = "nowhere.safetensors"};
  EXPECT_THAT(test::message_of(Code::kArtefact, [&] { second.tune(); }),
              HasSubstr("objective.anchor.fisher: nowhere.safetensors: no such file"));
}

TEST(UnlabelledTexts, ThatAreNotThereAreToldUnderTheirOwnKey) {
  AnchoredRun run;
  run.options.objective.anchor.kind = EwcAnchor{.lambda = 20.0, .source = {.texts = "nowhere.txt"}};
  EXPECT_THAT(test::message_of(Code::kArtefact, [&] { run.tune(); }),
              HasSubstr("objective.anchor.texts: nowhere.txt: no such file"));
  run.folder.write("texts.csv", "a,b\n1,2\n");
  const std::string table = (run.folder / "texts.csv").string();
  run.options.objective.anchor.kind = EwcAnchor{.lambda = 20.0, .source = {.texts = table}};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("objective.anchor.column is missing"));
  run.options.objective.anchor.kind = EwcAnchor{.lambda = 20.0, .source = {.texts = table, .column = "c"}};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("objective.anchor.column: "));
}

TEST(Forgetting, TellsTheLanguageModelsLossTheDistanceAndTheSimilarity) {
  AnchoredRun run;
  run.options.train.forgetting = ForgettingOptions{.source = {.texts = run.texts}, .rows = 100};
  const FineTuned tuned = run.tune(run.folder.folder("run"));
  const Json& published = tuned.summary.at("forgetting");
  AsLanguageModel language(run);
  EXPECT_NEAR(published.at("pretrain_loss_before").as_double(), language.task->evaluate()->value, 1e-6);

  // What was published: the encoder of the package in the language model, and its distance by its files.
  tuned.scorer->save(run.folder.folder("package"));
  const auto before = test::load_weights(checkpoint::open_hf_directory(run.folder / "base")).tensors;
  const auto after = test::load_weights(checkpoint::open_hf_directory(run.folder / "package")).tensors;
  checkpoint::TensorMap encoder;
  double squares = 0, start = 0;
  for (const auto& [name, tensor] : before) {
    squares += after.at(name).sub(tensor).to(at::kDouble).square().sum().item<double>();
    start += tensor.to(at::kDouble).square().sum().item<double>();
    if (language.model.parameters().find(name) != nullptr) encoder.emplace(name, after.at(name));
  }
  language.model.parameters().copy_from(encoder);
  EXPECT_NEAR(published.at("pretrain_loss").as_double(), language.task->evaluate()->value, 1e-5);
  EXPECT_NE(published.at("pretrain_loss").as_double(), published.at("pretrain_loss_before").as_double());
  EXPECT_NEAR(published.at("distance").as_double(), std::sqrt(squares), 1e-4 * std::sqrt(squares));
  EXPECT_NEAR(published.at("relative_distance").as_double(), std::sqrt(squares / start), 1e-4);
  const double cka = published.at("feature_cka").as_double();
  EXPECT_GT(cka, 0.0);
  EXPECT_LT(cka, 0.9999);
  EXPECT_EQ(tuned.summary.at("best").at("forgetting"), published);  // the best evaluation is what is published
  EXPECT_THAT(read_file(run.folder / "run/log.jsonl"), HasSubstr("\"forgetting\":{\"pretrain_loss\":"));
}

TEST(Forgetting, WhereNothingMovesNothingIsForgotten) {
  for (const auto& [method, tuning, refuses] : methods()) {
    AnchoredRun run;
    run.options.tuning = tuning;
    run.options.optim.lr = run.options.optim.head_lr.emplace(1e-12);
    run.options.train.forgetting = ForgettingOptions{.source = {.texts = run.texts}};
    const Json forgetting = run.tune().summary.at("forgetting");
    if (begins_apart(tuning)) {
      EXPECT_TRUE(forgetting.at("distance").is_null()) << method;
      continue;
    }
    EXPECT_LT(forgetting.at("distance").as_double(), 1e-6) << method;
    EXPECT_NEAR(forgetting.at("feature_cka").as_double(), 1.0, 1e-6) << method;
    EXPECT_NEAR(forgetting.at("pretrain_loss").as_double(), forgetting.at("pretrain_loss_before").as_double(), 1e-6);
  }
}

TEST(Forgetting, WhatStandsBesideTheMapsIsNoPartOfWhatTheModelKnewBefore) {
  AnchoredRun plain;
  plain.options.train.forgetting = ForgettingOptions{.source = {.texts = plain.texts}};
  const Json expected = plain.tune().summary.at("forgetting").at("pretrain_loss_before");
  for (const auto& [method, tuning, refuses] : methods()) {
    AnchoredRun run;
    run.options.tuning = tuning;
    run.options.train.forgetting = ForgettingOptions{.source = {.texts = run.texts}};
    const Json forgetting = run.tune().summary.at("forgetting");
    EXPECT_NEAR(forgetting.at("pretrain_loss_before").as_double(), expected.as_double(), 1e-5) << method;
    EXPECT_NE(forgetting.at("pretrain_loss").as_double(), forgetting.at("pretrain_loss_before").as_double()) << method;
    EXPECT_LT(forgetting.at("feature_cka").as_double(), 1 - 1e-6) << method;
  }
}

TEST(Fisher, OfAGradualRunIsThatOfAWholeOne) {
  const auto fisher = [](const tuning::TuningOptions& tuning) {
    AnchoredRun run;
    run.options.tuning = tuning;
    run.options.objective.anchor.kind = EwcAnchor{.lambda = 1e-3, .source = {.texts = run.texts}};
    run.tune().scorer->save(run.folder.folder("package"));
    return read_file(run.folder / "package" / package::kFisherFile);
  };
  EXPECT_EQ(fisher({.method = tuning::GradualOptions{}}), fisher({.method = tuning::FullOptions{}}));
}

TEST(Forgetting, DoesNotChangeTheRun) {
  AnchoredRun without, with;
  with.options.train.forgetting = ForgettingOptions{.source = {.texts = with.texts}};
  const FineTuned a = without.tune(), b = with.tune();
  EXPECT_EQ(a.scorer->score(without.dataset.table).values, b.scorer->score(with.dataset.table).values);
  EXPECT_EQ(a.summary.at("model"), b.summary.at("model"));
  EXPECT_EQ(a.summary.at("tuning"), b.summary.at("tuning"));
}

TEST(Forgetting, OfACheckpointWithoutALanguageHeadTheLossIsLeftOut) {
  AnchoredRun run;
  test::small_backbone(run.folder);
  run.options.train.forgetting = ForgettingOptions{.source = {.texts = run.texts}};
  const Json forgetting = run.tune().summary.at("forgetting");
  EXPECT_TRUE(forgetting.at("pretrain_loss").is_null());
  EXPECT_GT(forgetting.at("distance").as_double(), 0.0);
  EXPECT_TRUE(forgetting.at("feature_cka").is_number());
}

}  // namespace
}  // namespace rift::train
