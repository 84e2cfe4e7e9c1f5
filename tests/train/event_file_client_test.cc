#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/base/progress.h"
#include "rift/train/run_log.h"
#include "support/client.h"
#include "support/temp_directory.h"

namespace rift::train {
namespace {

TEST(EventFileClient, TensorBoardReadsEveryFigureOfTheLog) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const test::TempDirectory folder;
  {
    RunLog log(folder.path(), -1);
    for (int64_t step = 1; step <= 300; ++step) {
      const double at = static_cast<double>(step);
      const StepRecord record{.step = step,
                              .epoch = at / 150,
                              .loss_task = 1 / at,
                              .loss_anchor = 1e-9 * at,
                              .loss = 1 / at + 1e-10 * at,
                              .lr = 1e-4 / at,
                              .head_lr = 1e-3 / at,
                              .gradient_norm = 1e6 * at,
                              .rows = 32,
                              .tokens = 1000};
      log.step(record);
      if (step % 150 == 0) {
        log.evaluation(
            record, Json{{"loss", 0.5 / at}, {"auc", 0.75}, {"macro_f1", Json()}}, true,
            Json{{"parameter_distance", 1e-3 * at}, {"feature_similarity", 0.99}, {"pretraining_loss", Json()}});
      }
    }
  }
  const auto run = test::run_client("tests/train/clients/events.py", {folder.path()});
  if (run.output.find("no tensorboard") != std::string::npos) GTEST_SKIP() << run.output;
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_THAT(run.output, testing::HasSubstr("2108 figures are those of log.jsonl"));
}

}  // namespace
}  // namespace rift::train
