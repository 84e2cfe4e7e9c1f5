#include "rift/study/files/score_file.h"

#include <gtest/gtest.h>

#include "support/failure.h"

namespace rift::study {
namespace {

TEST(ScoreFile, ScoresAndRejectsAreTwoFiles) {
  const std::string message = test::message_of(Code::kConfig, [] {
    score_file({.package = "package", .source = "rows.csv", .out = "out/scores.csv", .rejects = "out/./scores.csv"});
  });
  EXPECT_NE(message.find("--rejects"), std::string::npos) << message;
}

}  // namespace
}  // namespace rift::study
