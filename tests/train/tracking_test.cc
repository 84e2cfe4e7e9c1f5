#include "rift/train/tracking/tracking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "rift/train/tracking/mlflow_files.h"
#include "support/child.h"
#include "support/failure.h"
#include "support/temp_directory.h"
#include "train/toy_run.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;
using test::TempDirectory;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TrackedRun some_run() {
  return {.experiment = "credit", .name = "first", .settings = {{"optim.lr", "0.1"}}, .tags = {}, .begun_ms = 5};
}

TEST(MlflowFiles, HoldsRunsOfOneExperimentInOneFolder) {
  const TempDirectory folder;
  MlflowFiles files(folder / "mlruns");
  const std::string first = files.begin(some_run()), second = files.begin(some_run());
  EXPECT_NE(first, second);
  TrackedRun other = some_run();
  other.experiment = "fraud";
  const std::string third = files.begin(other);
  EXPECT_TRUE(fs::exists(folder / "mlruns/0" / first / "meta.yaml"));
  EXPECT_TRUE(fs::exists(folder / "mlruns/0" / second / "meta.yaml"));
  EXPECT_TRUE(fs::exists(folder / "mlruns/1" / third / "meta.yaml"));
  EXPECT_EQ(test::text_of(folder / "mlruns/0" / first / "params/optim.lr"), "0.1");
}

TEST(MlflowFiles, RunsThatBeginAtOnceShareOneExperimentAndNoId) {
  const TempDirectory folder;
  constexpr int kRuns = 8;
  std::vector<pid_t> children;
  for (int i = 0; i < kRuns; ++i) {
    children.push_back(test::start_child([&] {
      MlflowFiles(folder / "mlruns").begin(some_run());
      return 0;
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(test::wait_for(child), 0);
  int experiments = 0, runs = 0;
  for (const auto& entry : fs::directory_iterator(folder / "mlruns")) experiments += entry.is_directory();
  for (const auto& entry : fs::directory_iterator(folder / "mlruns/0")) runs += fs::exists(entry.path() / "meta.yaml");
  EXPECT_EQ(experiments, 1);
  EXPECT_EQ(runs, kRuns);
}

TEST(MlflowFiles, NothingIsPutBehindHalfALine) {
  const TempDirectory folder;
  MlflowFiles files(folder / "mlruns");
  const std::string id = files.begin(some_run());
  const fs::path metrics = folder / "mlruns/0" / id / "metrics/loss";
  fs::create_directories(metrics.parent_path());
  std::ofstream(metrics) << "10 0.5 1\n11 0.2";
  EXPECT_THAT(*files.go_on(id), ElementsAre(testing::Pair("loss", 1)));
  files.add(std::vector<Figure>{{"loss", 0.25, 2, 20}});
  EXPECT_EQ(test::text_of(metrics), "10 0.5 1\n20 0.25 2\n");
}

TEST(MlflowFiles, ARunIsTakenUpAfterTheLastStepOfEachFigure) {
  const TempDirectory folder;
  const fs::path store = folder / "mlruns";
  std::string id;
  {
    MlflowFiles files(store);
    id = files.begin(some_run());
    files.add(std::vector<Figure>{{"train/loss", 0.5, 1, 10}, {"train/loss", 0.25, 2, 11}, {"lr", 1e-5, 1, 10}});
    files.finish(Ending::kStopped, 12);
  }
  MlflowFiles files(store);
  const auto steps = files.go_on(id);
  ASSERT_TRUE(steps);
  EXPECT_THAT(*steps, ElementsAre(testing::Pair("lr", 1), testing::Pair("train/loss", 2)));
  files.add(std::vector<Figure>{{"train/loss", 0.125, 3, 20}});
  files.finish(Ending::kFinished, 21);
  EXPECT_EQ(test::text_of(store / "0" / id / "metrics/train/loss"), "10 0.5 1\n11 0.25 2\n20 0.125 3\n");
  EXPECT_THAT(test::text_of(store / "0" / id / "meta.yaml"), AllOf(HasSubstr("status: 3"), HasSubstr("end_time: 21")));
  EXPECT_FALSE(MlflowFiles(store).go_on("no such run"));
  EXPECT_FALSE(MlflowFiles(folder / "nothing").go_on(id));
}

TEST(Tracking, AStoreThatIsNoneIsRefused) {
  for (const auto& [store, why] : {std::pair{"", "expected a folder"},
                                   {"ftp://host", "begins with http"},
                                   {"https://me:secret@host", "MLFLOW_TRACKING_TOKEN"}}) {
    MlflowOptions options;
    EXPECT_THAT(test::message_of(Code::kConfig,
                                 [&] {
                                   read_options(Json{{"store", store}}, "run.yaml", options);
                                 }),
                HasSubstr(why));
  }
}

/// A run whose figures go nowhere is the run that it is without a store, and says so once.
TEST(Tracking, AStoreThatFailsStopsNoRun) {
  const TempDirectory folder;
  folder.write("a file", "");
  const auto log_with = [&](const std::optional<MlflowOptions>& mlflow, const std::string& name) {
    Settings settings;
    settings.train.mlflow = mlflow;
    test::ToyTask task;
    run_trainer(task, spec_of(task, settings, folder.folder(name)));
    return test::text_of(folder / name / "log.jsonl");
  };
  const std::string expected = log_with(std::nullopt, "without");
  for (const std::string& store : {std::string("http://127.0.0.1:9"), (folder / "a file").string()}) {
    testing::internal::CaptureStderr();
    const std::string log = log_with(MlflowOptions{.store = store}, "with");
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(log, expected);
    EXPECT_THAT(said, AllOf(HasSubstr("figures do not reach MLflow; the training goes on"), HasSubstr(store),
                            HasSubstr("figures that never reached MLflow")));
    EXPECT_EQ(said.find("do not reach"), said.rfind("do not reach"));
  }
}

}  // namespace
}  // namespace rift::train
