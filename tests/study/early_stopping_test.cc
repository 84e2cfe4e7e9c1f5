#include "rift/study/early_stopping.h"

#include <gtest/gtest.h>

#include "support/failure.h"

namespace rift::study {
namespace {

std::vector<Parts> parts(bool with_validation) {
  Parts one;
  one.fit.train = {0, 1};
  if (with_validation) one.fit.validation = {2};
  return {one};
}

TEST(EarlyStopping, AKeyThatIsSetNeedsValidationRows) {
  RunOptions options;
  options.train.early_stopping.metric = train::StopMetric::kLogLoss;
  EXPECT_NO_THROW(check_early_stopping(options, parts(true)));
  const std::string metric = test::message_of(Code::kConfig, [&] { check_early_stopping(options, parts(false)); });
  EXPECT_NE(metric.find("train.early_stopping.metric"), std::string::npos) << metric;
  EXPECT_NE(metric.find("split.validation"), std::string::npos) << "the next step: " << metric;

  options.train.early_stopping = {.patience = 5};
  const std::string patience = test::message_of(Code::kConfig, [&] { check_early_stopping(options, parts(false)); });
  EXPECT_NE(patience.find("train.early_stopping.patience"), std::string::npos) << patience;
}

TEST(EarlyStopping, TheDefaultIsAWarningAndNoneIsNothing) {
  RunOptions options;
  testing::internal::CaptureStderr();
  check_early_stopping(options, parts(true));
  options.train.early_stopping.patience = 0;
  check_early_stopping(options, parts(false));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");

  testing::internal::CaptureStderr();
  check_early_stopping(RunOptions{}, parts(false));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("did not stop early"), std::string::npos);
}

TEST(EarlyStopping, AReportSaysThatThereWereNoRows) {
  const auto summary = [](int64_t rows) { return Json{{"rows", Json{{"validation", Json{{"rows", rows}}}}}}; };
  EXPECT_EQ(no_early_stopping_note("fine-tuned", summary(3)), "");
  EXPECT_EQ(no_early_stopping_note("fusion", Json{{"weights", 1}}), "");
  EXPECT_NE(no_early_stopping_note("fine-tuned", summary(0)).find("last step"), std::string::npos);
}

}  // namespace
}  // namespace rift::study
