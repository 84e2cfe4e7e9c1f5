#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <set>
#include <thread>

#include "rift/base/files.h"
#include "rift/base/publish.h"
#include "rift/base/random.h"
#include "rift/base/temporary.h"
#include "support/child.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::TempDirectory;
using test::write_plainly;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(StagedDirectory, AppearsWholeAndReplacesTheOlderOne) {
  const TempDirectory directory;
  write_plainly(directory / "package/old.txt", "old");
  {
    StagedDirectory stage(directory / "package/");  // a trailing slash names the same directory
    write_plainly(stage.path() / "a.txt", "a");
    write_plainly(stage.path() / "parts/b.txt", "b");
    EXPECT_EQ(read_file(directory / "package/old.txt"), "old");
    stage.publish();
  }
  EXPECT_THAT(directory.names(), ElementsAre("package"));
  EXPECT_EQ(read_file(directory / "package/a.txt"), "a");
  EXPECT_EQ(read_file(directory / "package/parts/b.txt"), "b");
  EXPECT_FALSE(fs::exists(directory / "package/old.txt"));
}

TEST(StagedDirectory, WithoutPublishNothingIsLeft) {
  const TempDirectory directory;
  {
    StagedDirectory stage(directory / "runs/demo/package");
    write_plainly(stage.path() / "a.txt", "a");
  }
  EXPECT_TRUE(fs::is_empty(directory / "runs/demo"));
}

TEST(StagedDirectory, RefusesAFileInItsPlace) {
  const TempDirectory directory;
  write_plainly(directory / "package", "a file");
  EXPECT_THAT(message_of(Code::kEnvironment, [&] { StagedDirectory(directory / "package"); }), HasSubstr("is a file"));
  EXPECT_THAT(directory.names(), ElementsAre("package"));
}

TEST(StagedDirectory, TwoAtOnceKeepOutOfEachOthersWay) {
  const TempDirectory directory;
  StagedDirectory first(directory / "package");
  StagedDirectory second(directory / "package");
  ASSERT_NE(first.path(), second.path());
  EXPECT_TRUE(fs::exists(first.path()));  // the second did not take it for a left-over
  write_plainly(first.path() / "who", "first");
  write_plainly(second.path() / "who", "second");
  second.publish();
  first.publish();
  EXPECT_EQ(read_file(directory / "package/who"), "first");
  EXPECT_THAT(directory.names(), ElementsAre("package"));
}

TEST(StagedDirectory, AnotherLivingProcesssStageIsLeftAlone) {
  const TempDirectory directory;
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = test::start_child([&] {
    StagedDirectory stage(directory / "package");
    if (::write(pipe_ends[1], "x", 1) != 1) return 1;
    ::pause();
    return 0;
  });
  char byte = 0;
  ASSERT_EQ(::read(pipe_ends[0], &byte, 1), 1);
  { StagedDirectory mine(directory / "package"); }
  EXPECT_EQ(directory.names().size(), 1u);
  ::kill(child, SIGKILL);
  test::wait_for(child);
  { StagedDirectory mine(directory / "package"); }
  EXPECT_THAT(directory.names(), ElementsAre());
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST(StagedDirectory, APublishThatDoesNotFitLeavesTheOlderOne) {
  const TempDirectory directory;
  write_plainly(directory / "package/a.txt", "old");
  const int status = test::status_of_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 98;
    try {
      StagedDirectory stage(directory / "package");
      write_file_atomic(stage.path() / "a.txt", std::string(2000, 'n'));
      stage.publish();
    } catch (const Error& error) {
      return error.exit_status();
    }
    return 0;
  });
  EXPECT_EQ(status, 6);
  EXPECT_THAT(directory.names(), ElementsAre("package"));
  EXPECT_EQ(read_file(directory / "package/a.txt"), "old");
}

TEST(PublishDirectory, BothWaysOfReplacingGiveTheSame) {
  for (const Swap swap : {Swap::kAtOnce, Swap::kSetAside}) {
    const TempDirectory directory;
    write_plainly(directory / "package/old.txt", "old");
    write_plainly(directory / "stage/new.txt", "new");
    publish_directory(directory / "stage", directory / "package", swap);
    EXPECT_THAT(directory.names(), ElementsAre("package"));
    EXPECT_EQ(read_file(directory / "package/new.txt"), "new");
    EXPECT_FALSE(fs::exists(directory / "package/old.txt"));
  }
}

TEST(TidyUp, ASetAsideTargetComesBackWhenTheTargetIsMissing) {
  const TempDirectory directory;
  write_plainly(directory / ".package.old-1-0/a.txt", "old");
  write_plainly(directory / ".package.tmp-1-1/a.txt", "half");
  temporary::tidy_up(directory / "package");
  EXPECT_THAT(directory.names(), ElementsAre("package"));
  EXPECT_EQ(read_file(directory / "package/a.txt"), "old");
}

TEST(TidyUp, ASetAsideTargetGoesWhenTheTargetIsThere) {
  const TempDirectory directory;
  write_plainly(directory / ".package.old-1-0/a.txt", "old");
  write_plainly(directory / "package/a.txt", "new");
  temporary::tidy_up(directory / "package");
  EXPECT_THAT(directory.names(), ElementsAre("package"));
  EXPECT_EQ(read_file(directory / "package/a.txt"), "new");
}

// --------------------------------------------------------------------------------------------- killed at any moment

constexpr int kFiles = 12;

void write_version(const fs::path& directory, const std::string& version) {
  for (int i = 0; i < kFiles; ++i)
    write_plainly(directory / (i % 3 == 0 ? "parts" : "") / ("file" + std::to_string(i)),
                  version + " " + std::to_string(i));
}

/// The version that every file of the directory belongs to; empty when it is not whole.
std::string whole_version(const fs::path& directory) {
  std::string version;
  for (int i = 0; i < kFiles; ++i) {
    const fs::path path = directory / (i % 3 == 0 ? "parts" : "") / ("file" + std::to_string(i));
    if (!fs::exists(path)) return {};
    const std::string text = read_file(path);
    const size_t space = text.find(' ');
    if (space == std::string::npos || text.substr(space + 1) != std::to_string(i)) return {};
    if (i > 0 && text.substr(0, space) != version) return {};
    version = text.substr(0, space);
  }
  return version;
}

/// Publishes version after version until it is killed.
int publish_for_ever(const fs::path& target, Swap swap) {
  for (int64_t version = 1;; ++version) {
    StagedDirectory stage(target);
    write_version(stage.path(), "v" + std::to_string(version));
    if (swap == Swap::kAtOnce)
      stage.publish();
    else
      publish_directory(stage.path(), target, swap);
  }
}

void kill_while_publishing(Swap swap) {
  constexpr int kKills = 60;
  const TempDirectory directory;
  const fs::path target = directory / "package";
  const CounterRandom random(20240601, static_cast<uint64_t>(swap));
  write_version(target, "v0");
  for (uint64_t i = 0; i < kKills; ++i) {
    const pid_t child = test::start_child([&] { return publish_for_ever(target, swap); });
    std::this_thread::sleep_for(std::chrono::microseconds(1000 + random.below(i, 20'000)));
    ::kill(child, SIGKILL);
    ASSERT_EQ(test::wait_for(child), 128 + SIGKILL);
    if (swap == Swap::kAtOnce) {
      ASSERT_NE(whole_version(target), "") << "kill " << i;
    }
    { StagedDirectory next_run(target); }
    ASSERT_NE(whole_version(target), "") << "kill " << i;
    ASSERT_THAT(directory.names(), ElementsAre("package")) << "kill " << i;
  }
}

TEST(KilledPublish, TargetIsAtEveryMomentTheOlderOrTheNewerWhole) { kill_while_publishing(Swap::kAtOnce); }

TEST(KilledPublish, WithoutExchangeTheNextRunRestoresIt) { kill_while_publishing(Swap::kSetAside); }

TEST(KilledPublish, TargetIsNeverMissingWhileAnotherProcessPublishes) {
  const TempDirectory directory;
  const fs::path target = directory / "package";
  write_version(target, "v0");
  const pid_t child = test::start_child([&] { return publish_for_ever(target, Swap::kAtOnce); });
  std::set<std::string> seen;
  while (seen.size() < 30) {
    const int opened = ::open(target.c_str(), O_RDONLY | O_DIRECTORY);
    ASSERT_GE(opened, 0) << "the target was missing";
    const int file = ::openat(opened, "file1", O_RDONLY);
    char bytes[32];
    const ssize_t size = file < 0 ? 0 : ::read(file, bytes, sizeof bytes);  // may be removed already
    if (size > 0) seen.emplace(bytes, static_cast<size_t>(size));
    if (file >= 0) ::close(file);
    ::close(opened);
  }
  ::kill(child, SIGKILL);
  EXPECT_EQ(test::wait_for(child), 128 + SIGKILL);
}

TEST(KilledWriteFile, FileIsTheOlderOrTheNewerWhole) {
  const TempDirectory directory;
  const fs::path path = directory / "state.bin";
  const CounterRandom random(7, 7);
  write_file_atomic(path, std::string(300'000, 'a'));
  for (uint64_t i = 0; i < 40; ++i) {
    const pid_t child = test::start_child([&]() -> int {
      for (char c = 'a';; c = c == 'z' ? 'a' : static_cast<char>(c + 1))
        write_file_atomic(path, std::string(300'000, c));
    });
    std::this_thread::sleep_for(std::chrono::microseconds(500 + random.below(i, 10'000)));
    ::kill(child, SIGKILL);
    test::wait_for(child);
    const std::string bytes = read_file(path);
    ASSERT_EQ(bytes.size(), 300'000u);
    ASSERT_EQ(bytes.find_first_not_of(bytes[0]), std::string::npos);
  }
  write_file_atomic(path, "end");
  EXPECT_THAT(directory.names(), ElementsAre("state.bin"));
}

}  // namespace
}  // namespace rift
