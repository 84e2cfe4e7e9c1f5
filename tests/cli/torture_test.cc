#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <csignal>
#include <filesystem>
#include <iostream>

#include "cli/program.h"
#include "cli/run_files.h"
#include "cli/small_run.h"
#include "rift/base/random.h"

// rift train killed at random moments, and on a disk that is full, with everything in it that has a state: what comes
// out has to be the files of a run that nothing disturbed.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kKills = 20;

/// Settings whose states a checkpoint holds, or whose knowledge of the pretrained model is gathered anew.
struct Case {
  const char* name;
  const char* settings;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

const std::vector<Case> kCases = {{"replay, a moving mean, plateau, soup, a sample of the good rows", R"(
objective: {loss: focal, anchor: {kind: replay, lambda: 0.5, texts: general.txt, batch_rows: 6}}
optim: {name: adamw, lr: 2.0e-3, head_lr: 1.0e-2, weight_decay: 0.01, batch_rows: 4, epochs: 6, ema_decay: 0.7,
        schedule: {kind: plateau, factor: 0.5, patience: 0}}
train: {checkpoint_every_steps: 2, evaluations_per_epoch: 3, soup: 3, good_per_bad: 0.5, early_stopping: {patience: 0}}
)"},
                                  {"ewc, sharpness-aware steps, added epochs, the forgetting report", R"(
objective: {anchor: {kind: ewc, lambda: 20, texts: general.txt, rows: 24}}
optim: {name: nadam, lr: 2.0e-3, head_lr: 1.0e-2, batch_rows: 6, epochs: 3, more_epochs: 1, sam_rho: 0.05,
        schedule: one_cycle}
train: {checkpoint_every_steps: 3, evaluations_per_epoch: 2, early_stopping: {patience: 0},
        forgetting: {texts: general.txt, rows: 12}}
)"},
                                  {"distillation, kept states, parts of a step, early stopping", R"(
tuning: {method: top_k, layers: 1}
objective: {loss: {kind: bce, pos_weight: 2}, anchor: {kind: distillation, lambda: 2}}
optim: {name: adafactor, lr: 5.0e-3, batch_rows: 4, accumulate: 2, epochs: 8, clip_value: 0.5}
train: {checkpoint_every_steps: 2, keep_checkpoints: 3, early_stopping: {metric: loss, patience: 2}}
)"},
                                  {"l2_sp, lora with dropout, the sign of a mean", R"(
tuning: {method: lora, rank: 2, dropout: 0.1}
objective: {class_weight: balanced, anchor: {kind: l2_sp, lambda: 0.5}}
optim: {name: lion, lr: 1.0e-3, batch_rows: 6, epochs: 4, clip_norm: 0, schedule: cosine}
train: {checkpoint_every_steps: 2, keep_checkpoints: 1, early_stopping: {patience: 0}}
)"}};

class Torture : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { write_small_run(folder_, GetParam().settings); }

  std::vector<std::string> words(const fs::path& out) const {
    return {"train", (folder_ / "run.yaml").string(), "--out", out.string(), "--threads", "1", "--resume"};
  }

  /// Of a run that nothing disturbs.
  Clock::duration run_whole() const {
    const auto start = Clock::now();
    const ProgramRun whole = run_program(words(folder_ / "whole"));
    EXPECT_EQ(whole.status, 0) << whole.err;
    return Clock::now() - start;
  }

  /// Ends it by force after `delay`; whether that came before its end, which has to be a good one.
  bool killed_after(Clock::duration delay, const fs::path& run) const {
    const pid_t pid = start_program(folder_.path(), words(run));
    const auto moment = Clock::now() + delay;
    while (Clock::now() < moment) {
      if (const auto ended = ended_program(pid)) {
        EXPECT_EQ(*ended, 0) << text_of(folder_ / "stderr");
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ::kill(pid, SIGKILL);
    const int status = wait_for(pid);
    EXPECT_TRUE(status == 128 + SIGKILL || status == 0) << status << text_of(folder_ / "stderr");
    return status != 0;
  }

  TempDirectory folder_;
};

/// Moments are drawn; a machine that is busy puts them elsewhere, which is welcome. Of the kills some have to fall
/// between checkpoints, so that a run goes on, and those that end a run begin another one.
TEST_P(Torture, KilledAtRandomMomentsItComesToTheSameBytes) {
  const auto took = run_whole();
  if (HasFailure()) return;
  const fs::path run = folder_ / "run";
  const CounterRandom random(7, 1);
  int kills = 0, goes_on = 0, while_writing = 0;
  for (uint64_t draw = 0; kills < kKills; ++draw) {
    ASSERT_LT(draw, 10 * kKills) << "the runs end before they are killed";
    const bool killed = killed_after(std::chrono::duration_cast<Clock::duration>(took * random.uniform(draw)), run);
    goes_on += text_of(folder_ / "stderr").find("going on from a checkpoint") != std::string::npos;
    if (killed) {
      ++kills;
      while_writing += has_path(run, ".tmp-");
    } else {
      expect_same_run(run, folder_ / "whole");
      fs::remove_all(run);
    }
    if (HasFailure()) return;
  }
  const ProgramRun last = run_program(words(run));
  ASSERT_EQ(last.status, 0) << last.err;
  expect_same_run(run, folder_ / "whole");
  EXPECT_GE(goes_on, 3);
  std::cout << kills << " kills, " << while_writing << " of them while a file was being written, " << goes_on
            << " runs went on from a checkpoint\n";
}

/// Killed as soon as some file of a checkpoint is there that is not yet whole.
TEST_P(Torture, KilledWhileACheckpointIsWrittenItComesToTheSameBytes) {
  run_whole();
  const fs::path run = folder_ / "run";
  int hit = 0;
  for (const char* file : {"", "parameters.safetensors", "optimizer.safetensors", "best-0.safetensors", "state.json"}) {
    for (int again = 0; again < 3; ++again) {
      const pid_t pid = start_program(folder_.path(), words(run));
      std::optional<int> ended;
      const auto is_written = [&] {
        std::error_code ignored;
        for (fs::directory_iterator entry(run / "checkpoints", ignored), end; !ignored && entry != end;
             entry.increment(ignored)) {
          if (entry->path().filename().string().starts_with(".step-") && fs::exists(entry->path() / file)) return true;
        }
        return false;
      };
      while (!(ended = ended_program(pid)) && !is_written()) {
      }
      if (ended) {  // it was never seen in the act
        EXPECT_EQ(*ended, 0);
        expect_same_run(run, folder_ / "whole");
        fs::remove_all(run);
        continue;
      }
      ::kill(pid, SIGKILL);
      wait_for(pid);
      hit += has_path(run, "checkpoints/.step-");
      if (HasFailure()) return;
    }
  }
  EXPECT_GE(hit, 1) << "no kill hit a checkpoint while it was written";
  const ProgramRun last = run_program(words(run));
  ASSERT_EQ(last.status, 0) << last.err;
  expect_same_run(run, folder_ / "whole");
}

/// Each attempt has a little more room than the one before, so that every kind of file is once the one that does not
/// fit.
void expect_to_come_through(const std::function<ProgramRun(int64_t bytes)>& attempt, int64_t from, double by) {
  int failures = 0;
  for (double bytes = static_cast<double>(from); bytes < 1e9; bytes *= by) {
    const ProgramRun run = attempt(static_cast<int64_t>(bytes));
    if (run.status == 0) break;
    ASSERT_EQ(run.status, 6) << bytes << " bytes: " << run.err;
    ++failures;
  }
  EXPECT_GE(failures, 5);
  std::cout << failures << " attempts had too little room\n";
}

TEST_P(Torture, AFileThatMayNotGrowStopsTheRunAndCostsNothing) {
  run_whole();
  expect_to_come_through([&](int64_t bytes) { return run_program(words(folder_ / "run"), {.file_bytes = bytes}); },
                         1 << 10, 1.35);
  expect_same_run(folder_ / "run", folder_ / "whole");
}

/// A file system of its own in memory, which this process and its children see.
class SmallDisk {
 public:
  explicit SmallDisk(fs::path place) : place_(std::move(place)) {
    fs::create_directories(place_);
    static const bool apart =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    mounted_ = apart && ::mount("tmpfs", place_.c_str(), "tmpfs", 0, "size=4k") == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
  }
  bool is_there() const { return mounted_; }
  void resize(int64_t bytes) {
    const std::string size = "size=" + std::to_string(bytes);
    if (::mount("tmpfs", place_.c_str(), "tmpfs", MS_REMOUNT, size.c_str()) != 0)
      throw std::runtime_error("the disk does not grow");
  }

 private:
  fs::path place_;
  bool mounted_ = false;
};

TEST_P(Torture, AFullDiskStopsTheRunAndCostsNothing) {
  run_whole();
  SmallDisk disk(folder_ / "disk");
  if (!disk.is_there()) GTEST_SKIP() << "mounting a small file system is not permitted here";
  const fs::path run = folder_ / "disk/run";
  expect_to_come_through(
      [&](int64_t bytes) {
        disk.resize(bytes);
        return run_program(words(run));
      },
      24 << 10, 1.15);
  // Beside run.yaml, whose paths tell where the run lies.
  fs::copy(run, folder_ / "run", fs::copy_options::recursive);
  for (const char* where : {"whole", "run"}) {
    fs::remove(folder_ / where / "run.yaml");
    fs::remove(folder_ / where / "manifest.json");
  }
  expect_same_run(folder_ / "run", folder_ / "whole");
}

INSTANTIATE_TEST_SUITE_P(, Torture, testing::ValuesIn(kCases), [](const testing::TestParamInfo<Case>& info) {
  const std::string name = info.param.name;
  return name.substr(0, name.find(','));
});

}  // namespace
}  // namespace rift::test
