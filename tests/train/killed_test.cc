#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "rift/base/files.h"
#include "rift/base/interrupt.h"
#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/train/fine_tune.h"
#include "train/small_options.h"

// A run in a process of its own that is killed or interrupted, and then goes on.
namespace rift::train {
namespace {

namespace fs = std::filesystem;
using test::row_range;
using test::small_dataset;
using test::small_options;
using test::TempDirectory;

constexpr const char* kChild = "RIFT_TEST_RUN_IN";  // set in the child only: the folder with base/

FineTuned run_in(const fs::path& folder, const std::string& name, bool resume) {
  set_progress_style(ProgressStyle::kSilent);
  set_threads(1);
  const data::Dataset dataset = small_dataset(128);
  FineTuneOptions options = small_options(folder / "base");
  options.optim.epochs = 4;
  options.train.checkpoint_every_steps = 3;
  options.train.evaluations_per_epoch = 2;
  fs::create_directories(folder / name);
  return fine_tune({.dataset = dataset,
                    .train = row_range(0, 96),
                    .validation = row_range(96, 32),
                    .options = options,
                    .directory = folder / name,
                    .resume = resume});
}

/// Not a test of its own: what the child process runs.
TEST(KilledRun, DISABLED_Child) {
  const char* folder = ::getenv(kChild);
  ASSERT_NE(folder, nullptr);
  install_interrupt_handler();
  try {
    run_in(folder, "run", fs::exists(fs::path(folder) / "run"));
  } catch (const Error& error) {
    ::_exit(error.code() == Code::kInterrupted ? interrupt_exit_status() : 1);
  }
}

pid_t start_child(const fs::path& folder) {
  std::vector<std::string> variables = {std::string(kChild) + "=" + folder.string()};
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  std::vector<char*> environment;
  for (auto& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::string program = fs::read_symlink("/proc/self/exe").string();
  std::string filter = "--gtest_filter=KilledRun.DISABLED_Child";
  std::string disabled = "--gtest_also_run_disabled_tests";
  std::string quiet = "--gtest_brief=1";
  char* arguments[] = {program.data(), filter.data(), disabled.data(), quiet.data(), nullptr};
  pid_t child = -1;
  EXPECT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environment.data()), 0);
  return child;
}

/// Signals the child as soon as `marker` is there; whether it was signalled before it ended by itself.
bool signal_at(pid_t child, const fs::path& marker, int signal) {
  bool signalled = false;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (!signalled && fs::exists(marker)) {
      ::kill(child, signal);
      signalled = true;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return signalled && (WIFSIGNALED(status) ? WTERMSIG(status) == signal : WEXITSTATUS(status) == 128 + signal);
}

void expect_same_bytes_after(int signal) {
  const TempDirectory folder;
  test::small_backbone(folder);
  const FineTuned whole = run_in(folder.path(), "whole", false);
  int stopped = 0;
  for (const char* step : {"step-000003", "step-000012", "step-000024"}) {
    stopped += signal_at(start_child(folder.path()), folder / "run/checkpoints" / step, signal) ? 1 : 0;
  }
  EXPECT_GE(stopped, 1) << "every run ended before the signal reached it";
  const FineTuned resumed = run_in(folder.path(), "run", true);
  EXPECT_EQ(read_file(folder / "run/log.jsonl"), read_file(folder / "whole/log.jsonl"));
  EXPECT_EQ(resumed.summary, whole.summary);
  whole.scorer->save(folder.folder("package-whole"));
  resumed.scorer->save(folder.folder("package-run"));
  EXPECT_EQ(read_file(folder / "package-run/model.safetensors"), read_file(folder / "package-whole/model.safetensors"));
}

TEST(KilledRun, GoesOnToTheSameBytes) { expect_same_bytes_after(SIGKILL); }

TEST(KilledRun, InterruptedGoesOnToTheSameBytes) { expect_same_bytes_after(SIGINT); }

}  // namespace
}  // namespace rift::train
