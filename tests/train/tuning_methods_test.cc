#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "checkpoint/gguf_variant.h"
#include "models/load.h"
#include "rift/base/files.h"
#include "rift/checkpoint/peft_directory.h"
#include "rift/package/text_scorer.h"
#include "rift/tuning/peft.h"
#include "support/failure.h"
#include "train/small_run.h"

// What each tuning method makes of a run: stages, rates, what stays to the bit, the package.
namespace rift::train {
namespace {

using test::failure;
using test::small_options;
using test::SmallRun;
using test::test_auc;
using testing::AllOf;
using testing::HasSubstr;

/// Of the small data and model: four stages of 18 steps, with a checkpoint at every boundary.
void go_gradually(SmallRun& run) {
  run.options.tuning.method = tuning::GradualOptions{};
  run.options.optim.weight_decay = 0.1;
  run.options.train.checkpoint_every_steps = 9;
  run.options.train.keep_checkpoints = 100;
}

TEST(TunedRun, GradualGoesOnFromAnyCheckpointToTheSameBytes) {
  SmallRun run;
  go_gradually(run);
  const FineTuned whole = run.run(run.folder.folder("whole"));
  run.run(run.folder.folder("parts"));
  for (const int64_t step : {63, 54, 36, 18, 9}) {
    for (const auto& entry : std::filesystem::directory_iterator(run.folder / "parts/checkpoints")) {
      if (std::stoll(entry.path().filename().string().substr(5)) > step) std::filesystem::remove_all(entry.path());
    }
    const FineTuned resumed = run.run(run.folder / "parts", true);
    EXPECT_EQ(read_file(run.folder / "parts/log.jsonl"), read_file(run.folder / "whole/log.jsonl")) << step;
    EXPECT_EQ(run.scores(*resumed.scorer), run.scores(*whole.scorer)) << step;
  }
}

TEST(TunedRun, GradualLearns) {
  SmallRun run;
  go_gradually(run);
  run.options.optim.epochs =
      16;  // in its last stage alone the whole model moves: as many steps as full tuning has in 4
  EXPECT_GT(test_auc(run, *run.run().scorer), 0.95);
}

TEST(TunedRun, GradualMovesALayerOnlyWhenItsStageHasBegun) {
  SmallRun run;
  go_gradually(run);
  run.run(run.folder.folder("run"));
  const auto before = test::load_weights(checkpoint::open_hf_directory(run.folder / "base")).tensors;
  const std::pair<const char*, int64_t> all[] = {{"bert.pooler.dense.weight", 0},
                                                 {"bert.encoder.layer.1.output.dense.weight", 18},
                                                 {"bert.encoder.layer.0.output.dense.weight", 36},
                                                 {"bert.embeddings.position_embeddings.weight", 54}};
  for (const int64_t step : {9, 18, 27, 36, 45, 54, 63, 72}) {
    const auto after = checkpoint::read_tensors(run.folder / fmt::format("run/checkpoints/step-{:06}", step) /
                                                "parameters.safetensors");
    for (const auto& [name, begins] : all) {
      EXPECT_EQ(!at::equal(after.at(name), before.at(name)), step > begins) << name << " " << step;
    }
  }
}

TEST(TunedRun, VirtualTokensThatDoNotFitTheModelsPositionsAreRefusedBeforeTheRun) {
  for (const tuning::TuningOptions& tuning : {tuning::TuningOptions{.method = tuning::PromptOptions{.tokens = 500}},
                                              tuning::TuningOptions{.method = tuning::PrefixOptions{.tokens = 500}}}) {
    SmallRun run;
    run.options.tuning = tuning;
    EXPECT_THAT(failure([&] { run.run(); }), AllOf(HasSubstr("tuning.tokens: 500 virtual tokens"),
                                                   HasSubstr("model.text.max_tokens, which are 12")));
  }
}

TEST(TunedRun, WhatStandsBesideTheMapsMayBeFrozen) {
  // Then the whole encoder is, and what it says of a row is kept: with the prompt, too.
  for (const tuning::TuningOptions& tuning :
       {tuning::TuningOptions{.method = tuning::PromptOptions{.tokens = 3}, .freeze = {"prompt_embeddings"}},
        tuning::TuningOptions{.method = tuning::PrefixOptions{.tokens = 3}, .freeze = {"prefix_embeddings"}}}) {
    SmallRun run;
    run.options.tuning = tuning;
    run.options.text.max_tokens = test::kMaxTokensBehindVirtual;
    const FineTuned kept = run.run();
    run.options.train.kept_states.memory_mib = 0;
    const FineTuned computed = run.run();
    const auto a = run.scores(*kept.scorer), b = run.scores(*computed.scorer);
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-4) << i;
  }
}

TEST(TunedRun, AGradualRunThatEndsBeforeItsLastStageIsRefused) {
  SmallRun run;
  run.options.tuning.method = tuning::GradualOptions{.epochs_per_stage = 2};
  EXPECT_THAT(failure([&] { run.run(); }),
              AllOf(HasSubstr("tuning.epochs_per_stage"), HasSubstr("4 stages"), HasSubstr("optim.epochs is 6")));
}

TEST(TunedRun, LayerDecayMovesLowerLayersLess) {
  SmallRun run;
  run.options.optim.name = optim::SgdOptions{};
  run.options.optim.lr = 1e-2;
  run.options.optim.epochs = 1;
  run.options.optim.clip_norm = 0;
  run.options.optim.batch_rows = 96;  // one step
  const auto moved = [&](double decay, const char* name) {
    run.options.optim.layer_decay = decay;
    const std::string folder = fmt::format("decay-{}", decay);
    run.save(*run.run().scorer, folder);
    const auto before = test::load_weights(checkpoint::open_hf_directory(run.folder / "base")).tensors;
    const auto after = test::load_weights(checkpoint::open_hf_directory(run.folder / folder)).tensors;
    return (after.at(name) - before.at(name)).norm().item<double>();
  };
  const char* top = "bert.encoder.layer.1.output.dense.weight";
  const char* low = "bert.encoder.layer.0.output.dense.weight";
  const char* words = "bert.embeddings.word_embeddings.weight";
  EXPECT_NEAR(moved(0.5, top) / moved(1.0, top), 1.0, 1e-3);
  EXPECT_NEAR(moved(0.5, low) / moved(1.0, low), 0.5, 1e-3);
  EXPECT_NEAR(moved(0.5, words) / moved(1.0, words), 0.25, 1e-3);
}

TEST(TunedRun, OptionsOfLayersAreRefusedWhereNoLayerMoves) {
  SmallRun run;
  run.options.tuning.method = tuning::HeadOptions{};
  run.options.train.gradient_checkpointing = true;
  EXPECT_THAT(failure([&] { run.run(); }), AllOf(HasSubstr("config"), HasSubstr("train.gradient_checkpointing")));
  run.options.train.gradient_checkpointing = false;
  run.options.optim.layer_decay = 0.5;
  EXPECT_THAT(failure([&] { run.run(); }), AllOf(HasSubstr("config"), HasSubstr("optim.layer_decay")));
  run.options.tuning.method = tuning::PromptOptions{.tokens = 3};  // what stands beside the layers has a rate, too
  run.options.text.max_tokens = test::kMaxTokensBehindVirtual;
  run.options.optim.epochs = 0.1;
  EXPECT_EQ(failure([&] { run.run(); }), "nothing");
}

/// A method, and which tensors of the small BERT's encoder it moves, of the package that merged them.
struct Method {
  const char* name;
  tuning::TuningOptions tuning;
  bool (*moves)(std::string_view tensor);
};

bool holds(std::string_view tensor, std::string_view part) { return tensor.find(part) != tensor.npos; }
bool none(std::string_view) { return false; }
bool of_lora(std::string_view tensor) { return tensor.ends_with("query.weight") || tensor.ends_with("value.weight"); }
bool of_ia3(std::string_view tensor) {
  // "output.dense" names attention's map, too, here as in PEFT.
  return holds(tensor, "self.key.") || holds(tensor, "self.value.") || tensor.ends_with("output.dense.weight");
}

std::vector<Method> methods() {
  using tuning::BottleneckStyle;
  using tuning::LoraOptions;
  return {
      {"full",
       {tuning::FullOptions{}, {"word_embeddings"}},
       [](std::string_view tensor) { return !holds(tensor, "word_embeddings"); }},
      {"head", {tuning::HeadOptions{}, {}}, none},
      {"top_k",
       {tuning::TopKOptions{.layers = 1}, {}},
       [](std::string_view tensor) { return holds(tensor, "encoder.layer.1."); }},
      {"gradual", {tuning::GradualOptions{}, {}}, [](std::string_view) { return true; }},
      {"bitfit", {tuning::BitFitOptions{}, {}}, [](std::string_view tensor) { return tensor.ends_with(".bias"); }},
      {"norm", {tuning::NormOptions{}, {}}, [](std::string_view tensor) { return holds(tensor, "LayerNorm"); }},
      {"lora", {LoraOptions{.rank = 2, .alpha = 4}, {}}, of_lora},
      {"rslora", {LoraOptions{.rank = 2, .alpha = 4, .scaling = tuning::LoraScaling::kRankStabilised}, {}}, of_lora},
      {"dora", {LoraOptions{.rank = 2, .alpha = 4, .dora = true}, {}}, of_lora},
      {"pissa", {LoraOptions{.rank = 2, .alpha = 4, .init = tuning::LoraInit::kPissa}, {}}, of_lora},
      {"lora_plus", {LoraOptions{.rank = 2, .alpha = 4, .b_lr_ratio = 4}, {}}, of_lora},
      {"ia3", {tuning::Ia3Options{}, {}}, of_ia3},
      {"pfeiffer", {tuning::BottleneckOptions{.reduction = 4}, {}}, none},
      {"houlsby", {tuning::BottleneckOptions{.style = BottleneckStyle::kHoulsby, .reduction = 4}, {}}, none},
      {"prompt", {tuning::PromptOptions{.tokens = 3}, {}}, none},
      {"prefix", {tuning::PrefixOptions{.tokens = 3}, {}}, none}};
}

TEST(TunedRun, ThePackageOfEveryMethodLoadsWithEqualScores) {
  for (const bool pooler : {true, false}) {
    for (const Method& method : methods()) {
      SmallRun run(data::Task::kBinary, pooler);
      run.options.tuning = method.tuning;
      if (!method.tuning.merges()) run.options.text.max_tokens = test::kMaxTokensBehindVirtual;
      run.options.optim.epochs = 1;
      const FineTuned tuned = run.run();
      const Json part = run.save(*tuned.scorer, "package");
      EXPECT_EQ(part.at("kind").as_string(), "fine-tuned");
      EXPECT_EQ(part.at("pooling").as_string(), pooler ? "pooler" : "mean");
      const auto loaded = package::TextScorer::load(run.folder / "package", part, run.dataset.schema, "cpu");
      EXPECT_EQ(run.scores(*loaded), run.scores(*tuned.scorer)) << method.name;
      const Json again = loaded->save(run.folder.folder("again"));
      EXPECT_EQ(again, part);
      for (const char* file : {"model.safetensors", "config.json", "vocab.txt"}) {
        EXPECT_EQ(read_file(run.folder / "again" / file), read_file(run.folder / "package" / file)) << file;
      }
      const bool adapts = tuning::has_peft_form(method.tuning) || !method.tuning.merges();
      EXPECT_EQ(std::filesystem::exists(run.folder / "package/adapter"), adapts);
      EXPECT_EQ(std::filesystem::exists(run.folder / "again/adapter"), adapts);
    }
  }
}

TEST(TunedRun, FrozenParametersKeepEveryBit) {
  for (const Method& method : methods()) {
    SmallRun run;
    run.options.tuning = method.tuning;
    if (!method.tuning.merges()) run.options.text.max_tokens = test::kMaxTokensBehindVirtual;
    run.options.optim.epochs = 1;
    run.options.optim.weight_decay = 0.1;
    run.save(*run.run().scorer, "package");
    const auto before = test::load_weights(checkpoint::open_hf_directory(run.folder / "base")).tensors;
    const auto after = test::load_weights(checkpoint::open_hf_directory(run.folder / "package")).tensors;
    for (const auto& [name, tensor] : before) {
      ASSERT_TRUE(after.contains(name)) << name;
      const bool is_of_head = holds(name, "pooler") || holds(name, "classifier");
      const bool moves = is_of_head || method.moves(name);
      // A key's bias adds the same to every score of a query: its gradient is rounding alone.
      if (moves && name.ends_with("self.key.bias")) continue;
      EXPECT_EQ(at::equal(tensor, after.at(name)), !moves) << method.name << ": " << name;
    }
  }
}

/// On the BERT of a GGUF file, whose words the texts are written in.
FineTuneOptions on_gguf(BaseWeights weights) {
  FineTuneOptions options = small_options(test::gguf_fixture("bert"));
  options.text.pooling = models::Pooling::kMean;
  options.text.base_weights = weights;
  options.tuning.method = tuning::LoraOptions{.rank = 4};
  return options;
}

TEST(TunedRun, ABaseThatStaysAsStoredGivesTheModelOfTheBaseInF32) {
  const tuning::TuningOptions all[] = {{.method = tuning::LoraOptions{.rank = 4}},
                                       {.method = tuning::LoraOptions{.rank = 4, .dora = true}},
                                       {.method = tuning::Ia3Options{}},
                                       {.method = tuning::NormOptions{}},
                                       {.method = tuning::BottleneckOptions{.reduction = 4}},
                                       {.method = tuning::PromptOptions{.tokens = 3}},
                                       {.method = tuning::PrefixOptions{.tokens = 3}}};
  for (const tuning::TuningOptions& tuning : all) {
    SCOPED_TRACE(tuning.method_name());
    SmallRun run;
    run.options = on_gguf(BaseWeights::kF32);
    run.options.tuning = tuning;
    const FineTuned plain = run.run();
    run.options.text.base_weights = BaseWeights::kAsStored;
    const FineTuned stored = run.run();
    EXPECT_EQ(stored.summary.at("tuning"), plain.summary.at("tuning"));
    const auto expected = run.scores(*plain.scorer), scores = run.scores(*stored.scorer);
    double largest = 0.0, spread = 0.0;
    for (size_t i = 0; i < expected.size(); ++i) {
      largest = std::max(largest, std::abs(scores[i] - expected[i]));
      spread = std::max(spread, std::abs(expected[i] - expected[0]));
    }
    EXPECT_LT(largest, 1e-3);
    EXPECT_GT(spread, 0.1);

    const Json part = run.save(*stored.scorer, "package");
    const auto loaded = package::TextScorer::load(run.folder / "package", part, run.dataset.schema, "cpu");
    EXPECT_EQ(run.scores(*loaded), scores);
  }
}

TEST(TunedRun, WhatCannotStayAsStoredIsRefused) {
  SmallRun run;
  run.options.text.base_weights = BaseWeights::kAsStored;
  EXPECT_THAT(failure([&] { run.run(); }), HasSubstr("base_weights: as_stored: "));
  run.options = on_gguf(BaseWeights::kAsStored);
  run.options.tuning.method = tuning::FullOptions{};
  EXPECT_THAT(failure([&] { run.run(); }), HasSubstr("set model.text.base_weights to f32"));
}

}  // namespace
}  // namespace rift::train
