#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "cli/program.h"

namespace rift::test {
namespace {

namespace fs = std::filesystem;

// Killed at any moment, a comparison leaves each package whole or absent, and goes on to the end afterwards.
TEST(Kill, PackagesAreWholeOrAbsent) {
  const TempDirectory folder;
  const fs::path run_file = "examples/german_credit/run.yaml";
  const std::vector<std::string> arguments = {"compare", run_file.string(),
                                              "--out",   (folder.path() / "run").string(),
                                              "--set",   "compare.models=[scorecard, gbdt]",
                                              "--resume"};
  int killed = 0;
  for (int delay_ms = 50; delay_ms < 4000; delay_ms += 173) {
    const pid_t pid = start_program(folder.path(), arguments);
    ::usleep(static_cast<useconds_t>(delay_ms) * 1000);
    ::kill(pid, SIGKILL);
    killed += wait_for_program(pid) == 128 + SIGKILL;
    for (const char* model : {"scorecard", "gbdt"}) {
      const fs::path package = folder.path() / "run/models" / model / "package";
      if (!fs::exists(package)) continue;
      const ProgramRun scored = run_program({"score", package.string(), "examples/german_credit/german.csv", "--out",
                                             (folder.path() / "scores.parquet").string()});
      EXPECT_EQ(scored.status, 0) << delay_ms << scored.err;
    }
  }
  EXPECT_GT(killed, 5);
  const ProgramRun last = run_program(arguments);
  EXPECT_EQ(last.status, 0) << last.err;
  EXPECT_TRUE(fs::exists(folder.path() / "run/report.html"));
}

TEST(Kill, InterruptedRunSaysHowToGoOn) {
  const TempDirectory folder;
  const pid_t pid = start_program(
      folder.path(), {"compare", "examples/german_credit/run.yaml", "--out", (folder.path() / "run").string()});
  ::usleep(3'000'000);
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for_program(pid), 128 + SIGINT);
  EXPECT_NE(text_of(folder.path() / "stderr").find("--resume"), std::string::npos);
}

}  // namespace
}  // namespace rift::test
