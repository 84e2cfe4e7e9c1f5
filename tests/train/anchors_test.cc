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
#include "rift/train/text_task.h"
#include "rift/tuning/tuning.h"
#include "support/failure.h"
#include "train/anchored_run.h"

// The anchors of objective.anchor as a fine-tuning meets them.
namespace rift::train {
namespace {

namespace fs = std::filesystem;
using objective::AlignmentAnchor;
using objective::AnchorOptions;
using objective::DistillationAnchor;
using objective::EwcAnchor;
using objective::L2Anchor;
using objective::L2SpAnchor;
using objective::ReplayAnchor;
using objective::Similarity;
using test::AnchoredRun;
using test::begins_apart;
using test::failure;
using test::methods;
using test::row_range;
using testing::AllOf;
using testing::HasSubstr;

struct Named {
  const char* name;
  AnchorOptions anchor;
};

/// Every kind with a lambda that shows.
std::vector<Named> every_anchor() {
  return {{"ewc", {.kind = EwcAnchor{.lambda = 20.0, .source = {}, .rows = 24}}},
          {"replay", {.kind = ReplayAnchor{.lambda = 0.5, .source = {}, .batch_rows = 6}}},
          {"l2", {.kind = L2Anchor{.lambda = 0.01}}},
          {"l2_sp", {.kind = L2SpAnchor{.lambda = 0.5}}},
          {"features", {.kind = DistillationAnchor{.lambda = 2.0}}},
          {"cosine", {.kind = AlignmentAnchor{.lambda = 2.0, .measure = Similarity::kCosine}}},
          {"cka", {.kind = AlignmentAnchor{.lambda = 2.0, .measure = Similarity::kCka}}}};
}

AnchorOptions with_texts(AnchorOptions anchor, const std::string& texts) {
  if (objective::UnlabelledTexts* source = objective::texts_of(anchor)) source->texts = texts;
  return anchor;
}

/// A task on the small model, `by` away from theta_p.
class MovedTask {
 public:
  MovedTask(FineTuneOptions wanted, const AnchorOptions& anchor, double by = 0.05)
      : options_(std::move(wanted)),
        dataset_(test::small_dataset(64)),
        text_(package::load_text_model({.directory = options_.text.backbone, .pooling = options_.text.pooling})),
        applied_(tuning::apply(options_.tuning, *text_.model, 1)),
        inputs_(dataset_.schema, options_.text.text, text_.tokenizer, options_.text.max_tokens) {
    set_threads(1);
    options_.objective.anchor = anchor;
    task_.emplace(TextTaskSpec{.train = take_rows(dataset_, row_range(0, 48), inputs_),
                               .validation = take_rows(dataset_, row_range(48, 16), inputs_),
                               .objective = options_.objective},
                  *text_.model);
    move(by, [](uint64_t at) { return CounterRandom(2, 2).normal(at); });
  }

  /// Every parameter that trains by `step` times what `direction` says of its place in the storage.
  template <class Direction>
  void move(double step, const Direction& direction) {
    nn::ParameterStore& store = text_.model->parameters();
    const std::span<float> values = store.values<float>();
    for (const nn::Stretch& stretch : store.trainable_stretches()) {
      for (int64_t i = stretch.offset; i < stretch.offset + stretch.size; ++i) {
        values[static_cast<size_t>(i)] += static_cast<float>(step * direction(static_cast<uint64_t>(i)));
      }
    }
  }

  /// L_task + lambda * (rows' L_pretrain) as sums over twelve rows, without dropout; gradients anew.
  double objective() {
    text_.model->parameters().zero_gradients();
    const PartLoss part = of_rows();
    return part.loss.sum + objective::lambda_of(options_.objective.anchor) * part.anchor.sum;
  }
  PartLoss of_rows() { return task_->add_gradient(row_range(7, 12), {}, 1.0); }
  std::vector<double> gradient() const {
    const std::span<const float> all = std::as_const(*text_.model).parameters().gradients<float>();
    std::vector<double> own(all.size());
    for (const nn::Stretch& stretch : text_.model->parameters().trainable_stretches()) {
      for (int64_t i = stretch.offset; i < stretch.offset + stretch.size; ++i) {
        own[static_cast<size_t>(i)] = static_cast<double>(all[static_cast<size_t>(i)]);
      }
    }
    return own;
  }

 private:
  FineTuneOptions options_;
  data::Dataset dataset_;
  package::TextModel text_;
  tuning::Applied applied_;
  package::TextInputs inputs_;
  std::optional<TextTask> task_;
};

TEST(Anchors, WhatComparesRowsAddsTheSlopeOfItsValueToTheTasks) {
  const test::TempDirectory folder;
  const FineTuneOptions plain = test::small_options(test::small_backbone(folder));
  for (const auto& [method, tuning, refuses] : methods()) {
    if (method == std::string_view("dora")) continue;  // its gradient takes |V| as a constant
    for (const auto& [name, anchor] : every_anchor()) {
      if (!PretrainedRows::serves(anchor)) continue;
      SCOPED_TRACE(std::string(method) + ", " + name);
      FineTuneOptions options = plain;
      options.tuning = tuning;
      MovedTask task(options, anchor), without(options, {});
      const double value = task.objective();
      EXPECT_GT(value, without.objective() + 1e-3);
      const std::vector<double> gradient = task.gradient();
      double squares = 0, apart = 0;
      for (size_t i = 0; i < gradient.size(); ++i) {
        squares += gradient[i] * gradient[i];
        apart += std::pow(gradient[i] - without.gradient()[i], 2);
      }
      EXPECT_GT(apart, 1e-4 * squares);
      // Along the gradient itself the value rises by its length.
      const double length = std::sqrt(squares);
      const auto along = [&](uint64_t at) { return gradient[at] / length; };
      constexpr double kBy = 2e-3;
      task.move(kBy, along);
      const double above = task.objective();
      task.move(-2 * kBy, along);
      const double below = task.objective();
      EXPECT_NEAR((above - below) / (2 * kBy), length, 0.02 * length);
    }
  }
}

TEST(Anchors, EveryKindIsLoggedApartAndInSumAndGoesOnToTheSameBytes) {
  for (const auto& [method, tuning, refuses] : methods()) {
    for (const auto& [name, anchor_without_texts] : every_anchor()) {
      SCOPED_TRACE(std::string(method) + ", " + name);
      AnchoredRun run;
      run.options.tuning = tuning;
      run.options.objective.anchor = with_texts(anchor_without_texts, run.texts);
      if (std::ranges::find(refuses, name) != refuses.end()) {
        EXPECT_THAT(test::message_of(Code::kUnsupported, [&] { run.tune(); }),
                    AllOf(HasSubstr("objective.anchor"), HasSubstr(name), HasSubstr("choose distillation")));
        continue;
      }
      const FineTuned whole = run.tune(run.folder.folder("whole"));
      const Json& last = whole.summary.at("last_step");
      EXPECT_GT(last.at("loss_anchor").as_double(), 0.0);
      EXPECT_EQ(last.at("loss").as_double(), last.at("loss_task").as_double() + last.at("loss_anchor").as_double());
      run.tune(run.folder.folder("parts"));
      for (const auto& entry : fs::directory_iterator(run.folder / "parts/checkpoints")) {
        if (entry.path().filename() > "step-000010") fs::remove_all(entry.path());
      }
      const FineTuned resumed = run.tune(run.folder / "parts", true);
      EXPECT_EQ(read_file(run.folder / "parts/log.jsonl"), read_file(run.folder / "whole/log.jsonl"));
      EXPECT_EQ(resumed.scorer->score(run.dataset.table).values, whole.scorer->score(run.dataset.table).values);
      EXPECT_EQ(resumed.summary, whole.summary);
    }
  }
}

TEST(Anchors, LambdaZeroIsTheRunWithoutAnAnchorToTheBit) {
  AnchoredRun none;
  const std::vector<double> free = none.tune().scorer->score(none.dataset.table).values;
  for (const AnchorOptions& zero :
       {AnchorOptions{.kind = L2Anchor{.lambda = 0}}, AnchorOptions{.kind = L2SpAnchor{}},
        AnchorOptions{.kind = EwcAnchor{}}, AnchorOptions{.kind = ReplayAnchor{}},
        AnchorOptions{.kind = DistillationAnchor{}}, AnchorOptions{.kind = AlignmentAnchor{}}}) {
    AnchoredRun run;
    run.options.objective.anchor = zero;
    EXPECT_EQ(run.tune().scorer->score(run.dataset.table).values, free);
  }
}

TEST(Anchors, LambdaHoldsWhatItMeasures) {
  // The anchor's loss at the last step, lambda taken out: what is held strongly stays nearer.
  for (const auto& [name, anchor] : every_anchor()) {
    SCOPED_TRACE(name);
    const auto left = [&](double lambda) {
      AnchoredRun run;
      run.options.optim.epochs = 4;
      run.options.objective.anchor = with_texts(anchor, run.texts);
      std::visit(
          [&](auto& kind) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(kind)>, objective::NoAnchor>) kind.lambda = lambda;
          },
          run.options.objective.anchor.kind);
      return run.tune().summary.at("last_step").at("loss_anchor").as_double() / lambda;
    };
    const double strong = name == std::string_view("ewc") ? 3000.0 : 30.0;
    // l2 begins far from its minimum, and the pretraining loss of random weights has none near zero.
    const bool begins_far = name == std::string_view("l2") || name == std::string_view("replay");
    EXPECT_LT(left(strong), (begins_far ? 0.99 : 0.5) * left(1e-6));
  }
}

TEST(Anchors, L2ShrinksWhatMoves) {
  const auto norm = [](double lambda) {
    AnchoredRun run;
    run.options.optim.epochs = 4;
    run.options.objective.anchor.kind = L2Anchor{.lambda = lambda};
    run.tune().scorer->save(run.folder.folder("package"));
    double squares = 0;
    for (const auto& [name, tensor] : checkpoint::read_tensors(run.folder / "package/model.safetensors"))
      squares += tensor.square().sum().item<double>();
    return std::sqrt(squares);
  };
  const double free = norm(0.0);
  EXPECT_LT(norm(1.0), 0.95 * free);
  EXPECT_LT(norm(30.0), norm(0.01)) << "the more of it, the less is left";
}

TEST(Anchors, ReplayKeepsThePretrainingLossDown) {
  const auto said = [](double lambda) {
    AnchoredRun run;
    run.options.optim.epochs = 8;
    run.options.objective.anchor.kind = ReplayAnchor{.lambda = lambda, .source = {.texts = run.texts}};
    run.options.train.forgetting = ForgettingOptions{.source = {.texts = run.texts}};
    return run.tune().summary.at("forgetting");
  };
  const Json without = said(0.0), with = said(10.0);
  EXPECT_EQ(with.at("pretrain_loss_before").as_double(), without.at("pretrain_loss_before").as_double());
  EXPECT_LT(with.at("pretrain_loss").as_double(), without.at("pretrain_loss").as_double() - 0.05);
  EXPECT_LT(with.at("pretrain_loss").as_double(), with.at("pretrain_loss_before").as_double());
}

TEST(Anchors, L2SpOfLoraHoldsTheProductSoThatAMergedModelStaysNear) {
  const auto distance = [](double lambda) {
    AnchoredRun run;
    run.options.tuning.method = tuning::LoraOptions{.rank = 2};
    run.options.objective.anchor.kind = L2SpAnchor{.lambda = lambda};
    const FineTuned tuned = run.tune();
    tuned.scorer->save(run.folder.folder("package"));
    const auto before = package::load_text_model({.directory = run.folder / "base"});
    const auto after = package::load_text_model({.directory = run.folder / "package"});
    double sum = 0;
    for (const nn::Parameter& parameter : before.model->parameters().parameters()) {
      if (!parameter.name.starts_with("bert.encoder")) continue;
      sum += after.model->parameters().at(parameter.name).view.sub(parameter.view).square().sum().item<double>();
    }
    return sum;
  };
  const double free = distance(0.0);
  EXPECT_GT(free, 1e-4);
  EXPECT_LT(distance(10.0), 0.2 * free);
}

TEST(Anchors, LogitsTeachWhereTheCheckpointBringsAHead) {
  AnchoredRun run;
  run.options.objective.anchor.kind = DistillationAnchor{.lambda = 1.0, .what = objective::Distilled::kLogits};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("brings no head of 1 outputs"));
  run.options.objective.anchor = {};
  const FineTuned first = run.tune();
  first.scorer->save(run.folder.folder("first/package"));
  // Other labels, so that the task alone leads away from what the teacher says.
  for (double& label : run.dataset.label) label = 1 - label;
  const auto apart = [&](double lambda) {
    run.options.objective.anchor.kind =
        DistillationAnchor{.lambda = lambda, .what = objective::Distilled::kLogits, .temperature = 2.0};
    const FineTuned second = run.tune({}, false, run.folder / "first");
    const auto a = first.scorer->score(run.dataset.table).values, b = second.scorer->score(run.dataset.table).values;
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
    return sum;
  };
  EXPECT_LT(apart(20.0), 0.3 * apart(0.0));
}

TEST(Anchors, WhatHasNothingToHoldIsRefusedByName) {
  AnchoredRun run;
  run.options.tuning.method = tuning::HeadOptions{};
  run.options.text.pooling = models::Pooling::kMean;
  for (const auto& [name, anchor] : every_anchor()) {
    if (std::string_view(name) == "l2") continue;  // the head's own
    run.options.objective.anchor = with_texts(anchor, run.texts);
    EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("objective.anchor.lambda")) << name;
  }
}

TEST(Anchors, WhatThePretrainedModelSaysHasToFitIntoMemory) {
  AnchoredRun run;
  run.options.train.kept_states.memory_mib = 0;
  run.options.objective.anchor.kind = DistillationAnchor{.lambda = 1.0};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("train.kept_states.memory_mib allows 0"));
}

TEST(Anchors, EwcBesideAnAdapterIsRefusedByName) {
  AnchoredRun run;
  run.options.tuning.method = tuning::LoraOptions{.rank = 2};
  run.options.objective.anchor.kind = EwcAnchor{.lambda = 1.0, .source = {.texts = run.texts}};
  EXPECT_THAT(test::message_of(Code::kUnsupported, [&] { run.tune(); }), HasSubstr("ewc holds parameters one by one"));
}

TEST(Anchors, ACheckpointWithoutALanguageHeadHasNothingToReplay) {
  AnchoredRun run;
  test::small_backbone(run.folder);  // in the place of the other one
  run.options.objective.anchor.kind = ReplayAnchor{.lambda = 1.0, .source = {.texts = run.texts}};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("it has no language head"));
  run.options.objective.anchor.kind = EwcAnchor{.lambda = 1.0, .source = {.texts = run.texts}};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("it has no language head"));
}

TEST(Anchors, APoolerAloneHasNoPartInThePretrainingLoss) {
  AnchoredRun run;
  run.options.tuning.method = tuning::HeadOptions{};
  run.options.objective.anchor.kind = EwcAnchor{.lambda = 1.0, .source = {.texts = run.texts}};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("ewc has nothing to hold"));
  run.options.objective.anchor.kind = ReplayAnchor{.lambda = 1.0, .source = {.texts = run.texts}};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("replay has nothing to hold"));
}

TEST(Anchors, OtherTextsAreAnotherRun) {
  AnchoredRun run;
  run.options.objective.anchor.kind = ReplayAnchor{.lambda = 1.0, .source = {.texts = run.texts}};
  run.tune(run.folder.folder("run"));
  run.folder.write("general.txt", "the loan was paid\n");
  EXPECT_THAT(failure([&] { run.tune(run.folder / "run", true); }), HasSubstr("belongs to another run"));
}

TEST(Anchors, TextsThatNobodyNamesAreAskedFor) {
  AnchoredRun run;
  run.options.objective.anchor.kind = ReplayAnchor{.lambda = 1.0};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("objective.anchor.texts"));
  run.options.objective.anchor = {};
  run.options.train.forgetting = ForgettingOptions{};
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run.tune(); }), HasSubstr("train.forgetting.texts"));
}

TEST(Anchors, TheTeacherIsThePretrainedModelWithoutWhatStandsBesideItsMaps) {
  const test::TempDirectory folder;
  FineTuneOptions options = test::small_options(test::small_backbone(folder));
  for (const auto& [method, tuning, refuses] : methods()) {
    SCOPED_TRACE(method);
    options.tuning = tuning;
    MovedTask task(options, {.kind = DistillationAnchor{.lambda = 1.0}}, 0.0);
    const double apart = task.of_rows().anchor.sum;
    if (begins_apart(tuning)) {
      EXPECT_GT(apart, 1e-6);
    } else {
      EXPECT_LT(apart, 1e-9);
    }
  }
}

}  // namespace
}  // namespace rift::train
