#include "rift/study/run/finished_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "classic/small_dataset.h"
#include "rift/base/error.h"
#include "rift/data/load_dataset.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::study {
namespace {

struct Study {
  data::Dataset dataset = classic::applicants(300);
  RunOptions options;
  std::vector<Parts> parts;
  Study() {
    options.compare.tries = 1;
    data::StratifiedSplit split;
    split.validation = 0.2;
    options.split.kind = split;
    dataset.split = data::make_split(dataset, options.split);
    parts = all_parts(dataset, options.split);
  }
  RunSpec spec() const { return {.dataset = dataset, .parts = parts.front(), .options = options}; }
  ModelRun run() const {
    const auto learner = make_learner(ModelKind::kScorecard, {.options = options, .device = "cpu", .init_from = {}});
    return run_model(*learner, spec());
  }
};

Json made_from(int64_t tries, const Json& files = Json::object()) {
  return Json{{"options", Json{{"tries", tries}}}, {"files", files}};
}

FinishedRuns unfinished(const test::TempDirectory& directory, bool resume, Json made = made_from(1),
                        bool overwrite = false) {
  return {{.directory = directory.path(), .resume = resume, .overwrite = overwrite, .made_from = std::move(made)},
          package::classic_loaders()};
}

TEST(FinishedRuns, AKeptRunComesBackWhole) {
  const test::TempDirectory directory;
  const Study study;
  const ModelRun run = study.run();
  unfinished(directory, false).keep("scorecard", run, study.spec(), "print");
  FinishedRuns finished = unfinished(directory, true);
  const auto found = finished.find("scorecard", 0, run.seed, "print");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->test.values, run.test.values);
  EXPECT_EQ(found->out_of_fold.values, run.out_of_fold.values);
  EXPECT_EQ(to_json_text(found->calibrator.to_json()), to_json_text(run.calibrator.to_json()));
  EXPECT_EQ(to_json_text(found->tries), to_json_text(run.tries));
  const std::vector<int64_t>& rows = study.parts.front().test;
  EXPECT_EQ(found->scorer->score(data::take(study.dataset.table, rows)).values, run.test.values);
}

TEST(FinishedRuns, AnotherFingerprintOrANewComparisonForgetsIt) {
  const test::TempDirectory directory;
  const Study study;
  const ModelRun run = study.run();
  unfinished(directory, false).keep("scorecard", run, study.spec(), "print");
  FinishedRuns finished = unfinished(directory, true);
  EXPECT_FALSE(finished.find("scorecard", 0, run.seed, "other"));
  EXPECT_FALSE(finished.find("gbdt", 0, run.seed, "print"));
  unfinished(directory, false);
  EXPECT_FALSE(unfinished(directory, true).find("scorecard", 0, run.seed, "print"));
}

TEST(FinishedRuns, OtherSettingsAreRefusedUnlessTheRunIsGivenUp) {
  const test::TempDirectory directory;
  const Study study;
  const ModelRun run = study.run();
  unfinished(directory, false).keep("scorecard", run, study.spec(), "print");
  EXPECT_THAT(
      test::message_of(Code::kConfig, [&] { unfinished(directory, true, made_from(2)); }),
      testing::HasSubstr("begun with other settings or files, or by another program, than --resume was given now "
                         "(options.tries: 1 then, 2 now)"));
  // Another model brings files of its own; those that both have are the same.
  unfinished(directory, true, made_from(1, Json{{"backbone", "a"}}));
  EXPECT_TRUE(unfinished(directory, true).find("scorecard", 0, run.seed, "print"));
  EXPECT_THAT(test::message_of(Code::kConfig,
                               [&] {
                                 unfinished(directory, true, made_from(1, Json{{"backbone", "b"}}));
                               }),
              testing::HasSubstr("files.backbone"));
  EXPECT_FALSE(unfinished(directory, true, made_from(2), /*overwrite=*/true).find("scorecard", 0, run.seed, "print"));
}

TEST(FinishedRuns, ARunThatWasKeptHalfwayIsNoFinishedOne) {
  const test::TempDirectory directory;
  const Study study;
  const ModelRun run = study.run();
  FinishedRuns finished = unfinished(directory, true);
  finished.keep("scorecard", run, study.spec(), "first");
  const auto scores = directory.path() / "unfinished/scorecard/0-1/scores.parquet";
  std::filesystem::remove(scores);
  std::filesystem::create_directories(scores / "in the way");
  test::message_of(Code::kEnvironment, [&] { finished.keep("scorecard", run, study.spec(), "second"); });
  std::filesystem::remove_all(scores);
  EXPECT_FALSE(finished.find("scorecard", 0, run.seed, "first"));
  EXPECT_FALSE(finished.find("scorecard", 0, run.seed, "second"));
}

TEST(ModelRun, OutOfFoldScoresAreOfModelsThatHaveNotSeenTheRow) {
  Study study;
  study.dataset.weight.assign(static_cast<size_t>(study.dataset.rows()), 1.0);
  const ModelRun run = study.run();
  const std::vector<int64_t>& known = study.parts.front().known;
  const std::vector<int32_t> fold = out_of_fold_folds(study.spec());
  ASSERT_EQ(run.out_of_fold.rows, static_cast<int64_t>(known.size()));
  EXPECT_EQ(run.calibrated_on, CalibratedOn::kOutOfFold);
  // The weight of one row moves the models that saw it, and so no score of its own fold.
  study.dataset.weight[static_cast<size_t>(known[7])] = 40.0;
  const ModelRun heavier = study.run();
  bool others_moved = false;
  for (size_t i = 0; i < known.size(); ++i) {
    if (fold[i] == fold[7])
      EXPECT_EQ(heavier.out_of_fold.values[i], run.out_of_fold.values[i]) << i;
    else
      others_moved = others_moved || heavier.out_of_fold.values[i] != run.out_of_fold.values[i];
  }
  EXPECT_TRUE(others_moved);
}

TEST(ModelRun, TheCalibrationPartCalibratesWhereThereIsOne) {
  Study study;
  data::StratifiedSplit split;
  split.validation = 0.1;
  split.calibration = 0.2;
  study.options.split.kind = split;
  study.dataset.split = data::make_split(study.dataset, study.options.split);
  study.parts = all_parts(study.dataset, study.options.split);
  const ModelRun run = study.run();
  EXPECT_EQ(run.calibrated_on, CalibratedOn::kCalibrationPart);
  EXPECT_EQ(run.calibration.rows, static_cast<int64_t>(study.parts.front().calibration.size()));
  EXPECT_EQ(run.out_of_fold.rows, 0);
}

}  // namespace
}  // namespace rift::study
