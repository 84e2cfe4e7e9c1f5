#include "rift/train/fine_tune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/load.h"
#include "rift/base/files.h"
#include "rift/base/threads.h"
#include "rift/metrics/classification.h"
#include "rift/metrics/regression.h"
#include "rift/package/text_scorer.h"
#include "support/failure.h"
#include "train/small_run.h"

namespace rift::train {
namespace {

using test::failure;
using test::row_range;
using test::SmallRun;
using testing::HasSubstr;

TEST(FineTune, LearnsWhatTheTextSays) {
  SmallRun run;
  const FineTuned tuned = run.run();
  EXPECT_GT(test_auc(run, *tuned.scorer), 0.95);
  EXPECT_EQ(tuned.scorer->name(), "fine-tuned");
  EXPECT_EQ(tuned.summary.at("steps").as_int(), 72);
  EXPECT_EQ(tuned.summary.at("pooling").as_string(), "pooler");
  EXPECT_EQ(tuned.summary.at("loss").as_string(), "bce");
  EXPECT_THAT(to_json_text(tuned.summary.at("model").at("new_head")), HasSubstr("classifier.weight"));
}

TEST(FineTune, EveryTaskIsLearned) {
  SmallRun classes(data::Task::kMulticlass);
  classes.options.text.pooling = models::Pooling::kMean;
  classes.options.optim.epochs = 12;
  const auto of_classes = classes.run();
  const auto raw = of_classes.scorer->score(classes.dataset.table);
  EXPECT_EQ(raw.outputs, 3);
  const auto called = metrics::most_likely_class(raw.values, 3);
  int64_t right = 0;
  for (size_t i = 128; i < called.size(); ++i) right += called[i] == classes.dataset.label[i] ? 1 : 0;
  EXPECT_GE(right, 26);

  SmallRun amounts(data::Task::kRegression);
  amounts.options.text.pooling = models::Pooling::kMean;
  amounts.options.optim.epochs = 12;
  const std::vector<double> predicted = amounts.scores(*amounts.run().scorer);
  double error = 0;
  for (size_t i = 128; i < predicted.size(); ++i) error += std::abs(predicted[i] - amounts.dataset.label[i]);
  EXPECT_LT(error / 32, 400.0);  // amounts are 5,000, 6,000 and 7,000
}

TEST(FineTune, TheSameSeedGivesTheSameBytesAndAnotherOneDoesNot) {
  SmallRun run;
  const FineTuned a = run.run(run.folder.folder("a"));
  const FineTuned b = run.run(run.folder.folder("b"));
  EXPECT_EQ(read_file(run.folder / "a/log.jsonl"), read_file(run.folder / "b/log.jsonl"));
  EXPECT_EQ(a.summary, b.summary);
  run.save(*a.scorer, "package-a");
  run.save(*b.scorer, "package-b");
  EXPECT_EQ(read_file(run.folder / "package-a/model.safetensors"),
            read_file(run.folder / "package-b/model.safetensors"));
  run.options.train.seed = 2;
  EXPECT_NE(run.scores(*run.run().scorer), run.scores(*a.scorer));
}

TEST(FineTune, GoesOnFromAnyCheckpointToTheSameBytes) {
  SmallRun run;
  const FineTuned whole = run.run(run.folder.folder("whole"));
  run.options.train.keep_checkpoints = 100;
  run.run(run.folder.folder("parts"));
  for (const int64_t step : {63, 35, 7}) {  // from the newest down: each goes on from what is left
    for (const auto& entry : std::filesystem::directory_iterator(run.folder / "parts/checkpoints")) {
      if (std::stoll(entry.path().filename().string().substr(5)) > step) std::filesystem::remove_all(entry.path());
    }
    const FineTuned resumed = run.run(run.folder / "parts", true);
    EXPECT_EQ(read_file(run.folder / "parts/log.jsonl"), read_file(run.folder / "whole/log.jsonl")) << step;
    EXPECT_EQ(run.scores(*resumed.scorer), run.scores(*whole.scorer)) << step;
    EXPECT_EQ(resumed.summary, whole.summary) << step;
  }
}

TEST(FineTune, AResumedRunMustBeTheSameRun) {
  SmallRun run;
  run.run(run.folder.folder("run"));
  run.options.optim.lr *= 2;
  EXPECT_THAT(failure([&] { run.run(run.folder / "run", true); }), HasSubstr("belongs to another run"));
  run.options.optim.lr /= 2;
  run.dataset.label[3] = 1 - run.dataset.label[3];
  EXPECT_THAT(failure([&] { run.run(run.folder / "run", true); }), HasSubstr("belongs to another run"));
  run.dataset.label[3] = 1 - run.dataset.label[3];
  Json config = parse_json(read_file(run.folder / "base/config.json"), "config.json");
  config["hidden_dropout_prob"] = 0.25;
  run.folder.write("base/config.json", to_json_text(config));
  EXPECT_THAT(failure([&] { run.run(run.folder / "run", true); }), HasSubstr("belongs to another run"));
}

TEST(FineTune, ARowsScoreDoesNotDependOnItsCompanyNorOnThreads) {
  SmallRun run;
  run.options.optim.epochs = 2;
  const FineTuned tuned = run.run();
  const std::vector<double> together = run.scores(*tuned.scorer);
  std::vector<int64_t> backwards = row_range(0, 160);
  std::ranges::reverse(backwards);
  const std::vector<double> reversed = tuned.scorer->score(data::take(run.dataset.table, backwards)).values;
  set_threads(2);
  EXPECT_EQ(run.scores(*tuned.scorer), together);
  set_threads(1);
  for (int64_t row = 0; row < 160; ++row) {
    const std::vector<int64_t> one = {row};
    const double alone = tuned.scorer->score(data::take(run.dataset.table, one)).values[0];
    const double score = together[static_cast<size_t>(row)];
    EXPECT_LT(std::abs(alone - score), 1e-6 * (1 + std::abs(score))) << row;
    EXPECT_EQ(reversed[static_cast<size_t>(159 - row)], score) << row;  // batches are made by length and ids, not order
  }
}

TEST(FineTune, NoRowsHaveNoScores) {
  SmallRun run;
  run.options.optim.epochs = 1;
  const data::Table none = data::take(run.dataset.table, {});
  EXPECT_TRUE(run.run().scorer->score(none).values.empty());
}

TEST(FineTune, FreezingTheEncoderUnderFullIsTheMethodHead) {
  SmallRun head;
  head.options.tuning.method = tuning::HeadOptions{};
  SmallRun frozen;
  frozen.options.tuning = {tuning::FullOptions{}, {"bert.encoder", "bert.embeddings"}};
  EXPECT_EQ(head.scores(*head.run().scorer), frozen.scores(*frozen.run().scorer));
}

TEST(FineTune, AccumulatedPartsTrainAsTheWholeBatch) {
  // One step of plain gradient descent: Adam would make a step of any rounding, and more steps would add them up.
  const auto one_step = [](int64_t batch_rows, int64_t accumulate, double lr) {
    SmallRun run;
    run.train_rows = row_range(0, 32);
    run.options.optim.name = optim::SgdOptions{};
    run.options.optim.lr = lr;
    run.options.optim.head_lr = lr;
    run.options.optim.schedule.kind = optim::ConstantSchedule{};
    run.options.optim.warmup = 0;
    run.options.optim.batch_rows = batch_rows;
    run.options.optim.accumulate = accumulate;
    run.options.optim.epochs = 1;
    const FineTuned tuned = run.run();
    EXPECT_EQ(tuned.summary.at("steps").as_int(), 1);
    return run.scores(*tuned.scorer);
  };
  const std::vector<double> whole = one_step(32, 1, 1.0);
  const std::vector<double> parts = one_step(5, 7, 1.0);  // 5 does not divide 32: ragged parts
  const std::vector<double> before = one_step(32, 1, 1e-12);
  double moved = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(whole[i], parts[i], 1e-7) << i;
    moved = std::max(moved, std::abs(whole[i] - before[i]));
  }
  EXPECT_GT(moved, 1e-2);
}

TEST(FineTune, TheAnchorHoldsTheModelNearThePretrainedOne) {
  SmallRun free;
  SmallRun anchored;
  anchored.options.objective.anchor.kind = objective::L2SpAnchor{.lambda = 1.0};
  const auto distance = [](SmallRun& run) {
    run.save(*run.run().scorer, "package");
    const auto before = test::load_weights(checkpoint::open_hf_directory(run.folder / "base")).tensors;
    const auto after = test::load_weights(checkpoint::open_hf_directory(run.folder / "package")).tensors;
    double sum = 0;
    for (const auto& [name, tensor] : before) sum += after.at(name).sub(tensor).square().sum().item().toDouble();
    return sum;
  };
  const double far = distance(free);
  EXPECT_LT(distance(anchored), 0.3 * far);
}

TEST(FineTune, InitFromTakesThePackagesWeightsAndAFreshOptimizer) {
  SmallRun run;
  const FineTuned first = run.run();
  run.save(*first.scorer, "run/package");
  run.options.optim.lr = 1e-12;
  run.options.optim.head_lr = 1e-12;
  run.options.optim.epochs = 0.1;
  run.options.text.backbone = "/nowhere";  // not read
  const FineTuned second = run.run({}, false, run.folder / "run");
  const auto a = run.scores(*first.scorer);
  const auto b = run.scores(*second.scorer);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
  EXPECT_EQ(second.summary.at("model").at("new_head").size(), 0u);
  EXPECT_EQ(second.summary.at("init_from").as_string(), "run");
}

TEST(FineTune, InitFromOfARegressionKeepsItsUnit) {
  SmallRun run(data::Task::kRegression);
  const FineTuned first = run.run();
  run.save(*first.scorer, "run");
  run.options.optim.lr = 1e-12;
  run.options.optim.head_lr = 1e-12;
  run.options.optim.epochs = 0.1;
  const auto a = run.scores(*first.scorer);
  const auto b = run.scores(*run.run({}, false, run.folder / "run").scorer);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6 * a[i]);  // thousands: the bits of a float
}

TEST(FineTune, RowWeightsCountAsRowsThatStandThereTwice) {
  SmallRun twice;
  twice.options.optim.name = optim::GdOptions{};
  twice.options.optim.epochs = 3;
  SmallRun weighted;
  weighted.options.optim = twice.options.optim;
  for (int64_t row = 0; row < 48; ++row) twice.train_rows.push_back(row);
  weighted.dataset.weight.assign(160, 1.0);
  for (size_t row = 0; row < 48; ++row) weighted.dataset.weight[row] = 2.0;
  // dropout masks follow the row, so both copies of a row have the same one
  const auto a = twice.scores(*twice.run().scorer);
  const auto b = weighted.scores(*weighted.run().scorer);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
}

TEST(FineTune, ClassWeightsAreShownAndFitTheTask) {
  SmallRun run;
  run.options.objective.class_weight.kind = objective::BalancedClassWeight{};
  run.options.optim.epochs = 1;
  EXPECT_EQ(run.run().summary.at("class_weights").size(), 2u);
  SmallRun amounts(data::Task::kRegression);
  amounts.options.objective.class_weight.kind = objective::BalancedClassWeight{};
  EXPECT_THAT(failure([&] { amounts.run(); }), HasSubstr("objective.class_weight"));
}

TEST(FineTune, OtherLossesOfClassesLearnAndAreShown) {
  for (const objective::LossOptions& loss :
       {objective::LossOptions{objective::FocalLoss{}}, objective::LossOptions{objective::AsymmetricLoss{}},
        objective::LossOptions{objective::BceLoss{.pos_weight = 3}}}) {
    SCOPED_TRACE(loss.name());
    SmallRun run;
    run.options.objective.loss = loss;
    const FineTuned tuned = run.run();
    EXPECT_GT(test_auc(run, *tuned.scorer), 0.9);
    EXPECT_EQ(tuned.summary.at("loss").as_string(), loss.name());
    EXPECT_FALSE(tuned.summary.at("outputs_are_probabilities").as_bool());
  }
}

/// As a task of more than two outcomes is learned by the small model.
void learn_longer(SmallRun& run) {
  run.options.text.pooling = models::Pooling::kMean;
  run.options.optim.epochs = 12;
}

double mean_miss(const SmallRun& run, const score::Scorer& scorer) {
  const std::vector<double> said = score::point_predictions(scorer.score(run.dataset.table));
  const std::vector<double> label(run.dataset.label.begin() + 128, run.dataset.label.end());
  return metrics::mean_absolute_error(label, std::vector<double>(said.begin() + 128, said.end())).value();
}

/// The model that a package holds, read back from its files.
std::unique_ptr<package::TextScorer> loaded_again(const SmallRun& run, const score::Scorer& scorer) {
  const Json part = run.save(scorer, "again");
  return package::TextScorer::load(run.folder / "again", part, run.dataset.schema, "cpu");
}

TEST(FineTune, LossesOfAmountsLearnInTheLabelsUnitAndAreReadBack) {
  for (const objective::LossOptions& loss :
       {objective::LossOptions{objective::HuberLoss{}}, objective::LossOptions{objective::QuantileLoss{}},
        objective::LossOptions{objective::PoissonLoss{}}, objective::LossOptions{objective::GammaLoss{}},
        objective::LossOptions{objective::TweedieLoss{}}}) {
    SCOPED_TRACE(loss.name());
    SmallRun run(data::Task::kRegression);
    run.options.objective.loss = loss;
    learn_longer(run);
    const FineTuned tuned = run.run();
    EXPECT_LT(mean_miss(run, *tuned.scorer), 400.0);  // amounts are 5,000, 6,000 and 7,000
    const score::RawScores said = tuned.scorer->score(run.dataset.table);
    EXPECT_EQ(loaded_again(run, *tuned.scorer)->score(run.dataset.table).values, said.values);
    EXPECT_EQ(said.variance_power.has_value(), objective::link_of(loss).variance_power.has_value());
    if (said.levels.empty()) continue;
    ASSERT_EQ(said.outputs, 3);
    for (size_t at = 0; at < said.values.size(); at += 3)
      EXPECT_TRUE(said.values[at] <= said.values[at + 1] && said.values[at + 1] <= said.values[at + 2]);
  }
}

TEST(FineTune, AHeadThatIsTrainedFurtherKeepsTheUnitOfItsPackage) {
  for (const objective::LossOptions& loss :
       {objective::LossOptions{objective::PoissonLoss{}}, objective::LossOptions{objective::QuantileLoss{}}}) {
    SCOPED_TRACE(loss.name());
    SmallRun run(data::Task::kRegression);
    run.options.objective.loss = loss;
    const FineTuned tuned = run.run();
    Json package{{"model", run.save(*tuned.scorer, "first")}};
    write_file_atomic(run.folder / "first/rift.json", to_json_text(package));
    for (double& label : run.dataset.label) label *= 1.1;  // of another scale than the package's
    run.options.optim.lr = 1e-9;
    run.options.optim.head_lr = 1e-9;
    run.options.optim.epochs = 1;
    const FineTuned again = run.run({}, false, run.folder / "first");
    const std::vector<double> before = run.scores(*tuned.scorer), after = run.scores(*again.scorer);
    for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], before[i], 1e-3 * before[i]);
    run.options.objective.loss.kind = objective::MseLoss{};
    if (loss.name() == "quantile") continue;  // another number of outputs: a new head
    EXPECT_THAT(failure([&] { run.run({}, false, run.folder / "first"); }), HasSubstr("wants another head"));
  }
}

TEST(FineTune, ALossNamesTheRowWhoseLabelItDoesNotTake) {
  SmallRun run(data::Task::kRegression);
  run.options.objective.loss.kind = objective::GammaLoss{};
  run.dataset.label[100] = 0.0;
  EXPECT_THAT(failure([&] { run.run(); }), testing::AllOf(HasSubstr("gamma is for labels that are > 0"),
                                                          HasSubstr("row 100"), HasSubstr("validation")));
}

TEST(FineTune, OrderedClassesLearnStepByStep) {
  SmallRun run(data::Task::kOrdinal);
  learn_longer(run);
  const FineTuned tuned = run.run();
  EXPECT_EQ(tuned.summary.at("loss").as_string(), "corn");
  EXPECT_TRUE(tuned.summary.at("best").at("figures").contains("qwk"));
  const score::RawScores said = tuned.scorer->score(run.dataset.table);
  ASSERT_EQ(said.outputs, 3);
  const auto called = metrics::most_likely_class(said.values, 3);
  int64_t right = 0;
  for (size_t row = 128; row < 160; ++row) right += called[row] == run.dataset.label[row] ? 1 : 0;
  EXPECT_GT(right, 24);
  for (size_t at = 0; at < said.values.size(); at += 3) {
    const double sum = std::exp(said.values[at]) + std::exp(said.values[at + 1]) + std::exp(said.values[at + 2]);
    EXPECT_NEAR(sum, 1.0, 1e-9) << "logs of probabilities";
  }
  EXPECT_EQ(loaded_again(run, *tuned.scorer)->score(run.dataset.table).values, said.values);
}

TEST(FineTune, SeveralLabelsAreLearnedAtOnce) {
  SmallRun run(data::Task::kMultilabel);
  learn_longer(run);
  const FineTuned tuned = run.run();
  const score::RawScores said = tuned.scorer->score(run.dataset.table);
  ASSERT_EQ(said.outputs, 2);
  int64_t right = 0;
  for (size_t row = 128; row < 160; ++row) {
    for (size_t label = 0; label < 2; ++label)
      right += (said.values[2 * row + label] > 0) == data::holds(run.dataset.label[row], static_cast<int64_t>(label));
  }
  EXPECT_GT(right, 56) << "of 64";
  EXPECT_EQ(loaded_again(run, *tuned.scorer)->score(run.dataset.table).values, said.values);
}

TEST(FineTune, PairsOfABatchLearnTheOrderAndAreNotTakenApart) {
  SmallRun run;
  run.options.objective.loss.kind = objective::AucLoss{};
  const FineTuned tuned = run.run();
  EXPECT_GT(test_auc(run, *tuned.scorer), 0.95);
  EXPECT_FALSE(tuned.summary.at("outputs_are_probabilities").as_bool());
  run.options.optim.name = optim::GdOptions{};  // the whole part, in parts of batch_rows
  EXPECT_THAT(failure([&] { run.run(); }), HasSubstr("pairs are those of one forward pass"));
}

TEST(FineTune, ASettingOfALossMovesTheModel) {
  SmallRun plain, weighted, given;
  weighted.options.objective.loss.kind = objective::BceLoss{.pos_weight = 5};
  given.options.objective.class_weight.kind =
      objective::GivenClassWeight{.weights = {{given.dataset.schema.class_names[1], 5.0}}};
  for (SmallRun* run : {&plain, &weighted, &given}) run->options.optim.epochs = 1;
  const auto mean = [](SmallRun& run) {
    const std::vector<double> scores = run.scores(*run.run().scorer);
    return std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
  };
  const double before = mean(plain);
  EXPECT_GT(mean(weighted), before);  // a bad row that counts five times moves all log-odds up
  EXPECT_GT(mean(given), before);
}

TEST(FineTune, MistakesOfTheConfigurationAreNamed) {
  SmallRun run;
  run.options.text.max_tokens = 4000;
  EXPECT_THAT(failure([&] { run.run(); }), HasSubstr("model.text.max_tokens"));
  run.options.text.max_tokens = 12;
  run.options.objective.loss.kind = objective::MseLoss{};
  EXPECT_THAT(failure([&] { run.run(); }), HasSubstr("objective.loss"));
  run.options.objective.loss.kind = objective::AutomaticLoss{};
  run.options.text.text.from_table = encode::text::FromTable::kNever;
  run.dataset.schema.fields[0].kind = data::Kind::kIgnore;
  EXPECT_THAT(failure([&] { run.run(); }), HasSubstr("the model would read nothing"));
}

TEST(FineTune, NoTrainingRowsAreTheDatasFault) {
  SmallRun run;
  run.train_rows.clear();
  EXPECT_THAT(failure([&] { run.run(); }), testing::StartsWith("data: "));
}

TEST(FineTune, APoolerThatTheCheckpointLacksIsRefusedAndAutomaticTakesTheMean) {
  SmallRun run(data::Task::kBinary, false);
  run.options.optim.epochs = 1;
  EXPECT_EQ(run.run().summary.at("pooling").as_string(), "mean");
  run.options.text.pooling = models::Pooling::kPooler;
  EXPECT_THAT(failure([&] { run.run(); }), HasSubstr("pooler"));
}

}  // namespace
}  // namespace rift::train
