#include "rift/train/trainer.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <sstream>

#include "rift/base/files.h"
#include "support/failure.h"
#include "support/temp_directory.h"
#include "train/toy_run.h"

namespace rift::train {
namespace {

using test::failure;
using test::TempDirectory;
using test::ToyTask;
using testing::HasSubstr;

TEST(Trainer, ABatchThatMemoryDoesNotSufficeForIsTakenInPartsOfTheSameStep) {
  for (const double clip : {0.0, 1.0}) {
    Settings settings;
    settings.optim.batch_rows = 10;
    settings.optim.epochs = 6;
    settings.optim.clip_norm = clip;
    ToyTask whole, short_of_memory;
    short_of_memory.most_rows = 3;
    run_trainer(whole, spec_of(whole, settings));
    run_trainer(short_of_memory, spec_of(short_of_memory, settings));
    for (size_t i = 0; i < whole.theta().size(); ++i) EXPECT_NEAR(short_of_memory.theta()[i], whole.theta()[i], 1e-6);
    EXPECT_EQ(whole.parts.size(), 6u);
    EXPECT_EQ(short_of_memory.parts.size(), 6u * 4u);  // 2 + 3 + 2 + 3
  }
}

TEST(Trainer, ARowThatMemoryDoesNotSufficeForIsRefusedNamingTheSettings) {
  ToyTask task;
  task.most_rows = 0;
  const Settings settings;
  const std::string message = test::message_of(Code::kEnvironment, [&] { run_trainer(task, spec_of(task, settings)); });
  EXPECT_THAT(message, HasSubstr("optim.batch_rows"));
  EXPECT_THAT(message, HasSubstr("max_tokens"));
}

TEST(Trainer, PartsAddUpToTheGradientOfTheWholeBatchRaggedOnesIncluded) {
  Settings whole;
  whole.optim.batch_rows = 10;
  whole.optim.epochs = 6;
  Settings parts = whole;
  parts.optim.batch_rows = 3;  // 3 + 3 + 3 + 1
  parts.optim.accumulate = 4;
  ToyTask a;
  ToyTask b;
  for (size_t i = 0; i < a.weights.size(); ++i) a.weights[i] = b.weights[i] = 0.5 + static_cast<double>(i);
  const TrainerResult of_a = run_trainer(a, spec_of(a, whole));
  const TrainerResult of_b = run_trainer(b, spec_of(b, parts));
  EXPECT_EQ(of_a.steps, 6);
  EXPECT_EQ(of_b.steps, 6);
  EXPECT_EQ(b.parts.size(), 24u);
  EXPECT_EQ(b.parts[3].size(), 1u);
  for (size_t i = 0; i < a.theta().size(); ++i) EXPECT_NEAR(a.theta()[i], b.theta()[i], 1e-6);
  EXPECT_NEAR(of_a.last_step.at("loss").as_double(), of_b.last_step.at("loss").as_double(), 1e-6);
}

TEST(Trainer, OneStepIsTheWeightedMeansGradient) {
  Settings settings;
  settings.optim.batch_rows = 10;
  settings.optim.epochs = 1;
  ToyTask task;
  for (size_t i = 0; i < task.weights.size(); ++i) task.weights[i] = static_cast<double>(i % 3);
  run_trainer(task, spec_of(task, settings));
  double weight = 0, intercept = 0;
  for (int64_t row = 0; row < 10; ++row) {
    weight += task.weight(row);
    intercept += task.weight(row) * 2 * (0 - task.y(row));
  }
  const auto& parameter = task.parameters().at("intercept");
  EXPECT_NEAR(task.theta()[static_cast<size_t>(parameter.offset)], -0.05 * intercept / weight, 1e-6);
}

TEST(Trainer, GradientDescentTakesOneStepAnEpochOverEveryRow) {
  Settings settings;
  settings.optim.name = optim::GdOptions{};
  settings.optim.epochs = 3;
  ToyTask task;
  EXPECT_EQ(run_trainer(task, spec_of(task, settings)).steps, 3);
  EXPECT_EQ(task.parts.size(), 9u);  // 4 + 4 + 2 rows, three times
}

TEST(Trainer, RowsOfNoWeightMoveNothing) {
  Settings settings;
  settings.optim.batch_rows = 1;
  settings.optim.epochs = 0.2;  // two steps of one row
  ToyTask task;
  std::ranges::fill(task.weights, 0.0);
  const TrainerResult result = run_trainer(task, spec_of(task, settings));
  EXPECT_EQ(result.last_step.at("loss").as_double(), 0.0);
  for (const float value : task.theta()) EXPECT_EQ(value, 0.0f);
}

TEST(Trainer, TheAnchorPullsBackAndIsLoggedApartAndInSum) {
  Settings free;
  Settings anchored;
  anchored.anchor.kind = objective::L2SpAnchor{.lambda = 2.0};
  ToyTask a;
  ToyTask b;
  run_trainer(a, spec_of(a, free));
  const TrainerResult result = run_trainer(b, spec_of(b, anchored));
  double far_a = 0, far_b = 0;  // both began at zero
  for (size_t i = 0; i < a.theta().size(); ++i) {
    far_a += std::pow(a.theta()[i], 2);
    far_b += std::pow(b.theta()[i], 2);
  }
  EXPECT_LT(far_b, 0.7 * far_a);
  const double task = result.last_step.at("loss_task").as_double();
  const double pull = result.last_step.at("loss_anchor").as_double();
  EXPECT_GT(pull, 0.0);
  EXPECT_DOUBLE_EQ(result.last_step.at("loss").as_double(), task + pull);
}

TEST(Trainer, LambdaZeroIsTheRunWithoutAnAnchorToTheBit) {
  Settings none;
  Settings zero;
  zero.anchor.kind = objective::L2SpAnchor{.lambda = 0.0};
  ToyTask a;
  ToyTask b;
  run_trainer(a, spec_of(a, none));
  run_trainer(b, spec_of(b, zero));
  EXPECT_EQ(a.theta(), b.theta());
}

TEST(Trainer, StopsAfterPatienceAndGivesTheBestEvaluationsParameters) {
  Settings settings;
  settings.optim.epochs = 20;
  settings.train.early_stopping.patience = 2;
  ToyTask best_only;
  Settings two_epochs = settings;
  two_epochs.optim.epochs = 2;
  run_trainer(best_only, spec_of(best_only, two_epochs));

  ToyTask task;
  task.verdicts = {0.9, 0.5, 0.6, 0.5, 0.1};  // the second is best; equal is not better
  const TrainerResult result = run_trainer(task, spec_of(task, settings));
  EXPECT_TRUE(result.stopped_early);
  EXPECT_EQ(task.evaluations, 4u);
  EXPECT_EQ(result.steps, 12);
  EXPECT_EQ(result.best_evaluation.at("step").as_int(), 6);
  EXPECT_EQ(result.evaluations.size(), 4u);
  EXPECT_EQ(task.theta(), best_only.theta());
}

TEST(Trainer, PatienceBeginsWithTheLastStage) {
  Settings settings;
  settings.optim.epochs = 20;
  settings.train.early_stopping.patience = 2;
  ToyTask task;
  task.verdicts = {0.1, 0.5};  // never better than the first
  nn::ParameterStore& store = task.parameters();
  store.set_resting(store.at("intercept"));
  TrainerSpec spec = spec_of(task, settings);
  spec.stages = {{.first_epoch = 5, .parameters = {"intercept"}}};
  const TrainerResult result = run_trainer(task, spec);
  EXPECT_TRUE(result.stopped_early);
  EXPECT_EQ(result.epochs, 7);
}

TEST(Trainer, AnObserverSeesEachEvaluationAndMayStopTheRun) {
  Settings settings;
  settings.optim.epochs = 20;
  settings.train.early_stopping.patience = 0;
  ToyTask task;
  task.verdicts = {0.9, 0.5, 0.6, 0.5, 0.1};
  TrainerSpec spec = spec_of(task, settings);
  std::vector<double> seen;
  spec.observer = [&](const Json& evaluation) {
    seen.push_back(evaluation.at("value").as_double());
    return seen.size() == 3;
  };
  const TrainerResult result = run_trainer(task, spec);
  EXPECT_EQ(seen, (std::vector<double>{0.9, 0.5, 0.6}));
  EXPECT_TRUE(result.stopped_early);
  EXPECT_EQ(result.steps, 9);
  EXPECT_EQ(result.best_evaluation.at("value").as_double(), 0.5);
}

/// Parameters after each step of a run, as `task` begins its evaluations.
std::vector<std::vector<float>> path_of(Settings settings) {
  settings.optim.ema_decay = 0;
  settings.train.soup = 1;
  ToyTask task;
  std::vector<std::vector<float>> path;
  task.on_evaluate = [&] { path.push_back(task.theta()); };
  task.verdict = [] { return 1.0; };
  run_trainer(task, spec_of(task, settings));
  return path;
}

Settings evaluated_at_each_step() {
  Settings settings;
  settings.optim.batch_rows = 10;
  settings.optim.epochs = 5;
  settings.train.early_stopping.patience = 0;
  return settings;
}

TEST(Trainer, AMovingMeanIsWhatIsValidatedAndPublished) {
  Settings settings = evaluated_at_each_step();
  const auto path = path_of(settings);
  settings.optim.ema_decay = 0.75;
  std::vector<std::vector<double>> means = {{path[0].begin(), path[0].end()}};
  for (size_t step = 1; step < path.size(); ++step) {
    means.push_back(means.back());
    for (size_t i = 0; i < means.back().size(); ++i) {
      means.back()[i] += 0.25 * (static_cast<double>(path[step][i]) - means.back()[i]);
    }
  }
  const auto near = [](const std::vector<double>& expected) {
    return testing::Pointwise(testing::DoubleNear(1e-6), expected);
  };
  for (const bool validates : {true, false}) {
    ToyTask task;
    size_t step = 0;
    if (validates) {
      task.on_evaluate = [&] {
        const std::vector<float> theta = task.theta();
        EXPECT_THAT(std::vector<double>(theta.begin(), theta.end()), near(means[step]));
        ++step;
      };
      task.verdict = [&] { return step == 4 ? 0.5 : 1.0; };  // the fourth is the best
    }
    run_trainer(task, spec_of(task, settings));
    const std::vector<float> theta = task.theta();
    EXPECT_THAT(std::vector<double>(theta.begin(), theta.end()), near(validates ? means[3] : means.back()));
  }
}

TEST(Trainer, ASoupOfTheBestIsPublishedWhereItIsBetter) {
  Settings settings = evaluated_at_each_step();
  const auto path = path_of(settings);
  settings.train.soup = 2;
  for (const double soup : {0.1, 0.45}) {
    ToyTask task;
    task.verdicts = {0.9, 0.4, 0.8, 0.5, 0.6, soup};  // those of steps 2 and 4 are best
    const TrainerResult result = run_trainer(task, spec_of(task, settings));
    EXPECT_EQ(result.soup.at("published").as_bool(), soup == 0.1);
    EXPECT_EQ(result.soup.at("value").as_double(), soup);
    EXPECT_EQ(result.soup.at("steps").as_doubles(), (std::vector<double>{2, 4}));
    for (size_t i = 0; i < path[1].size(); ++i) {
      EXPECT_FLOAT_EQ(task.theta()[i], soup == 0.1 ? (path[1][i] + path[3][i]) / 2 : path[1][i]);
    }
  }
}

TEST(Trainer, APlateauLowersTheRateAndNeedsValidation) {
  Settings settings = evaluated_at_each_step();
  settings.optim.schedule.kind = optim::PlateauSchedule{.factor = 0.5, .patience = 1};
  ToyTask task;
  task.verdicts = {0.9, 0.9, 0.9, 0.9, 0.9};
  const TempDirectory directory;
  run_trainer(task, spec_of(task, settings, directory.path()));
  std::vector<double> rates;
  std::istringstream lines(read_file(directory / "log.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const Json json = parse_json(line, "log.jsonl");
    if (json.find("lr") != nullptr) rates.push_back(json.at("lr").as_double() / settings.optim.lr);
  }
  EXPECT_THAT(rates, testing::ElementsAre(1, 1, 1, 0.5, 0.5));
  ToyTask without;
  EXPECT_THAT(failure([&] { run_trainer(without, spec_of(without, settings)); }), HasSubstr("split.validation"));
  settings.optim.schedule.kind = optim::ConstantSchedule{};
  settings.train.soup = 2;
  EXPECT_THAT(failure([&] { run_trainer(without, spec_of(without, settings)); }), HasSubstr("train.soup"));
}

TEST(Trainer, AStepOfSamFollowsTheGradientAtTheWorstPointNearby) {
  Settings settings;
  settings.optim.batch_rows = 10;
  settings.optim.epochs = 1;
  settings.optim.sam_rho = 0.3;
  ToyTask task;
  run_trainer(task, spec_of(task, settings));
  EXPECT_EQ(task.parts.size(), 2u);
  // By hand: d/d(slope0, slope1, intercept) of the mean squared error.
  const auto gradient = [&](const std::array<double, 3>& at) {
    std::array<double, 3> sum{};
    for (int64_t row = 0; row < 10; ++row) {
      const double error = at[0] * task.x(row, 0) + at[1] * task.x(row, 1) + at[2] - task.y(row);
      for (size_t i = 0; i < 3; ++i) sum[i] += 0.2 * error * (i < 2 ? task.x(row, static_cast<int64_t>(i)) : 1.0);
    }
    return sum;
  };
  std::array<double, 3> worst = gradient({});
  const double norm = std::hypot(worst[0], worst[1], worst[2]);
  for (double& value : worst) value *= 0.3 / norm;
  const std::array<double, 3> there = gradient(worst);
  const auto value = [&](const char* name, size_t i) {
    return task.theta()[static_cast<size_t>(task.parameters().at(name).offset) + i];
  };
  EXPECT_NEAR(value("slope", 0), -0.05 * there[0], 1e-6);
  EXPECT_NEAR(value("slope", 1), -0.05 * there[1], 1e-6);
  EXPECT_NEAR(value("intercept", 0), -0.05 * there[2], 1e-6);
}

TEST(Trainer, AGradientsElementsAreHeldWithinTheirBound) {
  Settings settings;
  settings.optim.batch_rows = 10;
  settings.optim.epochs = 1;
  settings.optim.clip_value = 0.01;
  ToyTask task;
  run_trainer(task, spec_of(task, settings));
  int64_t moved = 0;
  for (const float value : task.theta()) {
    if (value == 0) continue;  // room between parameters
    EXPECT_NEAR(std::abs(value), 0.05 * 0.01, 1e-9);
    ++moved;
  }
  EXPECT_EQ(moved, 3);
}

TEST(Trainer, PatienceZeroNeverStopsEarly) {
  Settings settings;
  settings.train.early_stopping.patience = 0;
  ToyTask task;
  task.verdicts = {0.1, 0.9};
  const TrainerResult result = run_trainer(task, spec_of(task, settings));
  EXPECT_FALSE(result.stopped_early);
  EXPECT_EQ(result.steps, 12);
}

TEST(Trainer, EvaluationsAreSpreadOverTheEpochAndItsEndIsOne) {
  std::vector<int64_t> due;
  for (int64_t step = 1; step <= 10; ++step) {
    if (evaluation_falls_due(step, 10, 3)) due.push_back(step);
  }
  EXPECT_THAT(due, testing::ElementsAre(4, 7, 10));
  EXPECT_TRUE(evaluation_falls_due(1, 2, 9));
  EXPECT_TRUE(evaluation_falls_due(2, 2, 9));
}

TEST(Trainer, ALossThatIsNotFiniteNamesStepAndSourceRows) {
  Settings settings;
  ToyTask task;
  task.poisoned = 7;
  const std::string message = failure([&] { run_trainer(task, spec_of(task, settings)); });
  EXPECT_THAT(message, testing::StartsWith("data: step "));
  EXPECT_THAT(message, HasSubstr("the loss is not finite"));
  std::vector<int64_t> numbers;
  for (const int64_t row : task.parts.back()) numbers.push_back(100 + row);
  EXPECT_THAT(numbers, testing::Contains(107));
  EXPECT_THAT(message, HasSubstr(fmt::format("in the source): {};", fmt::join(numbers, ", "))));
}

TEST(Trainer, AGradientBeyondFloatStopsTheRun) {
  Settings settings;
  settings.optim.lr = 1e30;
  ToyTask task;
  const std::string message = failure([&] { run_trainer(task, spec_of(task, settings)); });
  EXPECT_THAT(message, testing::StartsWith("data: step "));
  EXPECT_THAT(message, HasSubstr("not finite"));
}

TEST(Trainer, ATensorThatNoGradientReachesStopsTheRunAfterThreeSteps) {
  Settings settings;
  ToyTask task;
  task.reaches_intercept = false;
  const std::string message = failure([&] { run_trainer(task, spec_of(task, settings)); });
  EXPECT_THAT(message, HasSubstr("after 3 steps no gradient has reached 1 of 2 tensors that should train: intercept"));
  EXPECT_EQ(task.parts.size(), 3u);
}

TEST(Trainer, RowsOfNoWeightAreNoStepsOfTheWatch) {
  Settings settings;
  settings.optim.batch_rows = 1;
  settings.optim.epochs = 1;
  ToyTask dealt;
  run_trainer(dealt, spec_of(dealt, settings));
  ToyTask task;
  for (size_t step = 0; step < 4; ++step) task.weights[static_cast<size_t>(dealt.parts[step].at(0))] = 0.0;
  EXPECT_EQ(run_trainer(task, spec_of(task, settings)).steps, 10);
  task.reaches_intercept = false;
  EXPECT_THAT(failure([&] { run_trainer(task, spec_of(task, settings)); }), HasSubstr("after 3 steps no gradient"));
}

TEST(Trainer, ATensorThatTheOptimizerForgetsStopsTheRun) {
  Settings settings;
  ToyTask task;
  TrainerSpec spec = spec_of(task, settings);
  ASSERT_EQ(spec.groups[0].slices.size(), 2u);
  spec.groups[0].slices.pop_back();  // the intercept's
  const std::string message = failure([&] { run_trainer(task, spec); });
  EXPECT_THAT(message, HasSubstr("1 of 2 tensors that should train have not moved: intercept"));
}

TEST(Trainer, TimingTellsWhatEachEpochTook) {
  const TempDirectory directory;
  ToyTask task;
  Settings settings;
  settings.optim.epochs = 3;
  run_trainer(task, spec_of(task, settings, directory.path()));
  std::vector<double> epochs;
  std::vector<int64_t> rows;
  for (const Json& line : lines_of(directory / "timing.jsonl")) {
    std::vector<std::string> keys;
    for (const auto& member : line.as_object()) keys.push_back(member.key);
    EXPECT_THAT(keys, testing::ElementsAre("step", "epoch", "seconds", "rows_per_second", "tokens_per_second",
                                           "peak_memory_mib", "left_s"));
    EXPECT_GT(line.at("tokens_per_second").as_double(), 0);
    EXPECT_GT(line.at("peak_memory_mib").as_double(), 1);
    EXPECT_GE(line.at("left_s").as_double(), 0);
    if (line.at("epoch").as_double() != std::floor(line.at("epoch").as_double())) continue;
    epochs.push_back(line.at("epoch").as_double());
    rows.push_back(std::llround(line.at("rows_per_second").as_double() * line.at("seconds").as_double()));
  }
  EXPECT_EQ(epochs, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(rows, (std::vector<int64_t>{10, 20, 30}));
}

TEST(Trainer, LogLinesHoldBothLossesAndNoClock) {
  const TempDirectory directory;
  Settings settings;
  settings.optim.epochs = 1;
  ToyTask task;
  task.verdicts = {0.3};
  run_trainer(task, spec_of(task, settings, directory.path()));
  const std::string log = read_file(directory / "log.jsonl");
  const Json first = parse_json(log.substr(0, log.find('\n')), "log.jsonl");
  std::vector<std::string> keys;
  for (const auto& member : first.as_object()) keys.push_back(member.key);
  EXPECT_THAT(keys, testing::ElementsAre("step", "epoch", "loss_task", "loss_anchor", "loss", "lr", "head_lr",
                                         "gradient_norm", "rows", "tokens"));
  EXPECT_EQ(first.at("rows").as_int(), 4);
  EXPECT_EQ(first.at("tokens").as_int(), 8);
  EXPECT_DOUBLE_EQ(first.at("epoch").as_double(), 0.4);
  const Json last = parse_json(log.substr(log.rfind('\n', log.size() - 2) + 1), "log.jsonl");
  EXPECT_DOUBLE_EQ(last.at("validation").at("loss").as_double(), 0.3);
  EXPECT_TRUE(last.at("best").as_bool());
}

}  // namespace
}  // namespace rift::train
