#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>

#include "rift/base/interrupt.h"
#include "support/failure.h"
#include "support/temp_directory.h"
#include "train/toy_run.h"

// The loop stopped and gone on with: after a signal, from an older checkpoint, with epochs on top.
namespace rift::train {
namespace {

using test::failure;
using test::TempDirectory;
using test::ToyTask;
using testing::HasSubstr;

/// log.jsonl, TensorBoard's file and the parameters of a run that nothing disturbs.
struct Reference {
  std::string log;
  std::string events;
  std::vector<float> theta;
};

constexpr const char* kEvents = "tb/events.out.tfevents.0.rift";

Settings long_settings() {
  Settings settings;
  settings.optim.name = optim::AdamWOptions{};
  settings.optim.weight_decay = 0.01;
  settings.optim.schedule.kind = optim::LinearSchedule{};
  settings.optim.epochs = 5;
  settings.train.evaluations_per_epoch = 2;
  settings.train.early_stopping.patience = 0;
  return settings;
}

const std::vector<double> kVerdicts = {0.9, 0.4, 0.5, 0.6, 0.45};

Reference reference(const Settings& settings = long_settings(), const std::vector<double>& verdicts = kVerdicts) {
  const TempDirectory directory;
  ToyTask task;
  task.verdicts = verdicts;
  run_trainer(task, spec_of(task, settings, directory.path()));
  return {read_file(directory / "log.jsonl"), read_file(directory / kEvents), task.theta()};
}

/// Interrupts by a signal inside of the given call of add_gradient or evaluate, then goes on in a fresh process's
/// place.
Reference interrupted(size_t at_part, size_t at_evaluation, const Settings& settings = long_settings()) {
  const TempDirectory directory;
  install_interrupt_handler();
  {
    ToyTask task;
    task.verdicts = kVerdicts;
    task.on_part = [&] {
      if (task.parts.size() == at_part) ::raise(SIGINT);
    };
    task.on_evaluate = [&] {
      if (task.evaluations == at_evaluation) ::raise(SIGINT);
      throw_if_interrupted();
    };
    const std::string message = failure([&] { run_trainer(task, spec_of(task, settings, directory.path())); });
    EXPECT_THAT(message, testing::StartsWith("interrupted: stopped by signal 2 after step"));
    EXPECT_THAT(message, HasSubstr("checkpoints/step-"));
    clear_interrupt();
  }
  ToyTask task;
  task.verdicts = kVerdicts;
  TrainerSpec spec = spec_of(task, settings, directory.path());
  spec.resume = true;
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "checkpoints")) {
    newest = std::max(newest, entry.path());
  }
  const Json state = parse_json(read_file(newest / "state.json"), "state.json");
  task.evaluations = state.at("progressed").at("evaluations").size();
  run_trainer(task, spec);
  return {read_file(directory / "log.jsonl"), read_file(directory / kEvents), task.theta()};
}

TEST(Trainer, GoesOnFromASignalToTheSameBytes) {
  const Reference expected = reference();
  const size_t never = 1'000'000;
  for (const size_t part : {size_t{1}, size_t{4}, size_t{7}, size_t{12}}) {
    const Reference got = interrupted(part, never);
    EXPECT_EQ(got.log, expected.log) << part;
    EXPECT_EQ(got.events, expected.events) << part;
    EXPECT_EQ(got.theta, expected.theta) << part;
  }
}

TEST(Trainer, WhateverHasAStateGoesOnToTheSameBytes) {
  std::vector<Settings> all(6, long_settings());
  all[0].optim.ema_decay = 0.6;
  all[1].train.soup = 3;
  all[2].optim.schedule.kind = optim::PlateauSchedule{.factor = 0.5, .patience = 0};
  all[3].optim.sam_rho = 0.05;
  all[4].optim.name = optim::NAdamOptions{};
  all[5].optim.name = optim::AdafactorOptions{};
  for (Settings& settings : all) {
    SCOPED_TRACE(&settings - all.data());
    settings.train.keep_checkpoints = 1;
    const Reference expected = reference(settings);
    for (const auto& [part, evaluation] : {std::pair<size_t, size_t>{4, 1'000'000}, {11, 1'000'000}, {1'000'000, 2}}) {
      const Reference got = interrupted(part, evaluation, settings);
      EXPECT_EQ(got.log, expected.log);
      EXPECT_EQ(got.theta, expected.theta);
    }
  }
}

/// Made with `settings`, then gone on with under `more`.
Reference gone_on(const Settings& settings, const Settings& more, const std::vector<double>& verdicts = kVerdicts) {
  const TempDirectory directory;
  ToyTask first;
  first.verdicts = verdicts;
  run_trainer(first, spec_of(first, settings, directory.path()));
  ToyTask task;
  task.verdicts = verdicts;
  task.evaluations = static_cast<size_t>(std::llround(2 * settings.optim.epochs));
  TrainerSpec spec = spec_of(task, more, directory.path());
  spec.resume = true;
  run_trainer(task, spec);
  return {read_file(directory / "log.jsonl"), read_file(directory / kEvents), task.theta()};
}

TEST(Trainer, EpochsAddedToAFinishedRunAreThoseOfARunBegunWithThem) {
  std::vector<Settings> all(4, long_settings());
  all[1].optim.schedule.kind = optim::PlateauSchedule{.factor = 0.5, .patience = 0};
  all[2].optim.schedule.kind = optim::OneCycleSchedule{};
  all[2].optim.ema_decay = 0.6;
  all[3].train.soup = 3;
  for (Settings& settings : all) {
    SCOPED_TRACE(&settings - all.data());
    settings.optim.warmup = 0.3;
    settings.optim.epochs = 2;
    settings.train.checkpoint_every_steps = 1;
    Settings more = settings;
    more.optim.more_epochs = 3;
    const std::vector<double> verdicts = {0.9, 0.4, 0.5, 0.45, 0.42, 0.3, 0.35, 0.2, 0.25, 0.3};
    const Reference expected = reference(more, verdicts), got = gone_on(settings, more, verdicts);
    EXPECT_NE(expected.theta, reference(settings, verdicts).theta);
    EXPECT_EQ(got.log, expected.log);
    EXPECT_EQ(got.events, expected.events);
    EXPECT_EQ(got.theta, expected.theta);
  }
}

TEST(Trainer, OverAddedEpochsTheScheduleBeginsAgain) {
  const TempDirectory directory;
  Settings settings;
  settings.optim.schedule.kind = optim::LinearSchedule{};
  settings.optim.warmup = 0.0;
  settings.optim.lr = 0.1;
  settings.optim.batch_rows = 5;  // 2 steps an epoch
  settings.optim.epochs = 2;
  settings.optim.more_epochs = 1;
  ToyTask task;
  run_trainer(task, spec_of(task, settings, directory.path()));
  std::vector<double> rates;
  for (const Json& line : lines_of(directory / "log.jsonl")) rates.push_back(line.at("lr").as_double());
  EXPECT_THAT(rates, testing::Pointwise(testing::DoubleEq(), std::vector<double>{0.1, 0.075, 0.05, 0.025, 0.1, 0.05}));
}

TEST(Trainer, OnceARunHasComeToAddedEpochsTheirNumberStays) {
  const TempDirectory directory;
  Settings settings = long_settings();
  settings.optim.epochs = 1;
  settings.optim.more_epochs = 1;
  ToyTask first;
  first.verdicts = kVerdicts;
  run_trainer(first, spec_of(first, settings, directory.path()));
  settings.optim.more_epochs = 2;
  ToyTask task;
  task.verdicts = kVerdicts;
  TrainerSpec spec = spec_of(task, settings, directory.path());
  spec.resume = true;
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { run_trainer(task, spec); }),
              HasSubstr("one of the 1 epochs that were added to it, and 2 are asked for now"));
}

TEST(Trainer, APatienceThatIsOverIsNotForgottenByAddedEpochs) {
  Settings settings = long_settings();
  settings.optim.epochs = 2;
  settings.train.checkpoint_every_steps = 1;
  settings.train.early_stopping.patience = 2;  // 0.9 0.4 0.5 0.6: over with the last step
  Settings more = settings;
  more.optim.more_epochs = 3;
  EXPECT_EQ(gone_on(settings, more).log, reference(more).log);
  EXPECT_EQ(reference(more).log, reference(settings).log);
}

TEST(Trainer, GoesOnFromASignalInAnEvaluationToTheSameBytes) {
  const Reference expected = reference();
  const Reference got = interrupted(1'000'000, 2);
  EXPECT_EQ(got.log, expected.log);
  EXPECT_EQ(got.events, expected.events);
  EXPECT_EQ(got.theta, expected.theta);
}

TEST(Trainer, AnObserverOfAResumedRunSeesWhatWasEvaluatedBefore) {
  const TempDirectory directory;
  Settings settings = long_settings();
  settings.optim.epochs = 3;
  ToyTask first;
  first.verdicts = kVerdicts;
  run_trainer(first, spec_of(first, settings, directory.path()));
  const auto observed = [&](size_t stop_at) {
    ToyTask task;
    task.verdict = [] { return 0.9; };
    TrainerSpec spec = spec_of(task, settings, directory.path());
    spec.resume = true;
    std::vector<int64_t> steps;
    spec.observer = [&](const Json& evaluation) {
      steps.push_back(evaluation.at("step").as_int());
      return steps.size() == stop_at;
    };
    run_trainer(task, spec);
    return steps;
  };
  EXPECT_EQ(observed(0).size(), 6U);
  EXPECT_EQ(observed(2).size(), 5U) << "those before the checkpoint of step 8, where it stops";
}

TEST(Trainer, AFreshRunForgetsTheCheckpointsOfAnEarlierOne) {
  const TempDirectory directory;
  Settings settings;
  ToyTask first;
  run_trainer(first, spec_of(first, settings, directory.path()));
  EXPECT_TRUE(std::filesystem::exists(directory / "checkpoints/step-000012"));
  settings.optim.epochs = 1;
  ToyTask second;
  run_trainer(second, spec_of(second, settings, directory.path()));
  EXPECT_FALSE(std::filesystem::exists(directory / "checkpoints/step-000012"));
  EXPECT_TRUE(std::filesystem::exists(directory / "checkpoints/step-000002"));
}

TEST(Trainer, AStageThatHasJustBegunIsWatchedStill) {
  const TempDirectory directory;
  Settings settings = long_settings();
  settings.optim.name = optim::SgdOptions{};  // a momentum would move the tensor without a gradient
  settings.optim.weight_decay = 0;
  settings.train.checkpoint_every_steps = 1;
  settings.train.keep_checkpoints = 100;
  const auto run = [&](bool reaches, bool resume) {
    ToyTask task;
    task.verdicts = {0.5};
    task.reaches_intercept = reaches;
    task.parameters().set_resting(task.parameters().at("intercept"));
    TrainerSpec spec = spec_of(task, settings, directory.path());
    spec.stages = {{.first_epoch = 2, .parameters = {"intercept"}}};  // with step 7
    spec.resume = resume;
    run_trainer(task, spec);
  };
  run(true, false);
  for (const auto& entry : std::filesystem::directory_iterator(directory / "checkpoints")) {
    if (entry.path().filename() > "step-000007") std::filesystem::remove_all(entry.path());
  }
  EXPECT_THAT(failure([&] { run(false, true); }), HasSubstr("after 3 steps no gradient has reached 1 of 2 tensors"));
}

}  // namespace
}  // namespace rift::train
