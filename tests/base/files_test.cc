#include "rift/base/files.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "rift/base/places.h"
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

/// Runs `body` in a child whose files may not grow beyond `bytes`.
template <class Body>
int with_file_size_limit(rlim_t bytes, Body body) {
  return test::status_of_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);  // as install_interrupt_handler() does
    const rlimit limit{bytes, bytes};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 98;
    return body();
  });
}

/// Runs `body` in a child without root's rights.
template <class Body>
int without_rights(Body body) {
  return test::status_of_child([&] {
    if (::geteuid() == 0 && (::setegid(65534) != 0 || ::seteuid(65534) != 0)) return 98;
    return body();
  });
}

/// Exit status that a program would give for what `body` throws; 0 when it throws nothing.
template <class Body>
int exit_status_of(Body body) {
  try {
    body();
    return 0;
  } catch (const Error& error) {
    return error.exit_status();
  }
}

TEST(IsThere, FollowsLinksAndRefusesThoseThatLeadNowhereElse) {
  const TempDirectory directory;
  write_plainly(directory / "file", "");
  fs::create_symlink("file", directory / "link");
  fs::create_symlink("nothing", directory / "dangling");
  fs::create_symlink("loop", directory / "loop");
  EXPECT_TRUE(is_there(directory.path()));
  EXPECT_TRUE(is_there(directory / "link"));
  EXPECT_THAT(message_of(Code::kArtefact, [&] { is_there(directory / "dangling"); }),
              HasSubstr("dangling: a link to nothing, which is not there"));
  EXPECT_TRUE(is_file_there(directory / "link"));
  EXPECT_FALSE(is_file_there(directory.path()));
  EXPECT_FALSE(is_there(directory / "file/below"));
  EXPECT_THAT(message_of(Code::kArtefact, [&] { is_there(directory / "loop"); }), HasSubstr("loop: "));
}

TEST(ReadFile, GivesAllBytes) {
  const TempDirectory directory;
  const std::string bytes("a\0b\r\n\xff", 6);
  write_plainly(directory / "x", bytes);
  EXPECT_EQ(read_file(directory / "x"), bytes);
  write_plainly(directory / "empty", "");
  EXPECT_EQ(read_file(directory / "empty"), "");
}

TEST(ReadFile, NamesWhatIsWrong) {
  const TempDirectory directory;
  EXPECT_THAT(message_of(Code::kArtefact, [&] { read_file(directory / "none"); }), HasSubstr("none: cannot be opened"));
  EXPECT_THAT(message_of(Code::kArtefact, [&] { read_file(directory.path()); }), HasSubstr("it is a directory"));
  write_plainly(directory / "x", "12345");
  EXPECT_THAT(message_of(Code::kArtefact, [&] { read_file(directory / "x", 4); }), HasSubstr("5 bytes, at most 4"));
  EXPECT_EQ(read_file(directory / "x", 5), "12345");
}

TEST(ReadJson, NamesThePathAndKeepsTheLimits) {
  const TempDirectory directory;
  write_file_atomic(directory / "x.json", "[1, [2]]");
  EXPECT_EQ(read_json(directory / "x.json"), parse_json("[1, [2]]", "x"));
  EXPECT_THAT(message_of(Code::kArtefact, [&] { read_json(directory / "x.json", {.max_bytes = 4}); }),
              HasSubstr("x.json"));
  EXPECT_THAT(message_of(Code::kArtefact, [&] { read_json(directory / "x.json", {.max_depth = 1}); }),
              HasSubstr((directory / "x.json").string()));
}

TEST(ReadFile, DoesNotWaitForAPipe) {
  const TempDirectory directory;
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(message_of(Code::kArtefact, [&] { read_file(directory / "pipe"); }), HasSubstr("special file"));
}

TEST(WriteFileAtomic, ReplacesWholeAndLeavesNothingBeside) {
  const TempDirectory directory;
  write_file_atomic(directory / "x", "old");
  write_file_atomic(directory / "x", "new");
  EXPECT_EQ(read_file(directory / "x"), "new");
  const std::string_view parts[] = {"a", "", std::string_view("b\0", 2)};
  write_file_atomic(directory / "y", parts);
  EXPECT_EQ(read_file(directory / "y"), std::string("ab\0", 3));
  EXPECT_THAT(directory.names(), ElementsAre("x", "y"));
}

TEST(WriteFileAtomic, FailuresAreOfTheEnvironmentAndKeepTheOlderFile) {
  const TempDirectory directory;
  EXPECT_THAT(message_of(Code::kEnvironment, [&] { write_file_atomic(directory / "no/x", "1"); }),
              HasSubstr("cannot create: No such file or directory"));
  fs::create_directory(directory / "d");
  EXPECT_THAT(message_of(Code::kEnvironment, [&] { write_file_atomic(directory / "d", "1"); }),
              HasSubstr("cannot rename into place"));
  EXPECT_THAT(directory.names(), ElementsAre("d"));
}

TEST(WriteFileAtomic, AFileThatDoesNotFitLeavesTheOlderOne) {
  const TempDirectory directory;
  write_plainly(directory / "x", "old");
  const int status = with_file_size_limit(
      100'000, [&] { return exit_status_of([&] { write_file_atomic(directory / "x", std::string(200'000, 'n')); }); });
  EXPECT_EQ(status, 6);
  EXPECT_EQ(read_file(directory / "x"), "old");
  EXPECT_THAT(directory.names(), ElementsAre("x"));
}

TEST(WriteFileAtomic, WithoutPermissionEndsWithStatusSix) {
  const TempDirectory directory;
  fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(without_rights([&] { return exit_status_of([&] { write_file_atomic(directory / "x", "1"); }); }), 6);
  fs::permissions(directory.path(), fs::perms::owner_all);
  EXPECT_THAT(directory.names(), ElementsAre());
}

TEST(WriteFileAtomic, RemovesWhatADeadProcessLeft) {
  const TempDirectory directory;
  write_plainly(directory / ".x.tmp-1-0", "half");  // process 1 lives, but it holds no lock on this
  write_plainly(directory / ".x.tmp-other", "not ours");
  write_plainly(directory / ".y.tmp-1-0", "of another file");
  write_file_atomic(directory / "x", "1");
  EXPECT_THAT(directory.names(), ElementsAre(".x.tmp-other", ".y.tmp-1-0", "x"));
}

TEST(RequireWritableDirectory, CreatesItAndLeavesNothing) {
  const TempDirectory directory;
  require_writable_directory(directory / "a/b");
  EXPECT_TRUE(fs::is_directory(directory / "a/b"));
  EXPECT_TRUE(fs::is_empty(directory / "a/b"));
}

TEST(RequireWritableDirectory, NamesWhyNot) {
  const TempDirectory directory;
  write_plainly(directory / "file", "");
  EXPECT_THAT(message_of(Code::kEnvironment, [&] { require_writable_directory(directory / "file/sub"); }),
              HasSubstr("cannot create the directory"));
  EXPECT_EQ(
      with_file_size_limit(0, [&] { return exit_status_of([&] { require_writable_directory(directory.path()); }); }),
      6);
  fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(without_rights([&] { return exit_status_of([&] { require_writable_directory(directory.path()); }); }), 6);
  fs::permissions(directory.path(), fs::perms::owner_all);
  EXPECT_THAT(directory.names(), ElementsAre("file"));
}

TEST(LineWriter, AppendsAndResumesAtALength) {
  const TempDirectory directory;
  int64_t kept = 0;
  {
    LineWriter writer(directory / "log.jsonl");
    writer.append("one");
    kept = writer.size_bytes();
    writer.append("two");
    writer.sync();
    EXPECT_EQ(read_file(directory / "log.jsonl"), "one\ntwo\n");
  }
  {
    LineWriter writer(directory / "log.jsonl", kept);
    writer.append("2");
  }
  EXPECT_EQ(read_file(directory / "log.jsonl"), "one\n2\n");
  { LineWriter writer(directory / "log.jsonl", 0); }
  EXPECT_EQ(read_file(directory / "log.jsonl"), "");
  message_of(Code::kArtefact, [&] { LineWriter(directory / "log.jsonl", 5); });
}

TEST(LineWriter, StartsAnewByDefault) {
  const TempDirectory directory;
  write_plainly(directory / "log.jsonl", "older\n");
  LineWriter writer(directory / "log.jsonl");
  EXPECT_EQ(read_file(directory / "log.jsonl"), "");
}

TEST(LineWriter, AFullDiskIsAnErrorOfTheEnvironment) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "/dev/full is missing";
  LineWriter writer("/dev/full");
  EXPECT_THAT(message_of(Code::kEnvironment, [&] { writer.append("x"); }),
              HasSubstr("No space left on device; free some space"));
}

TEST(LineWriter, ALineThatDoesNotFitIsNotLeftInHalf) {
  const TempDirectory directory;
  const int status = with_file_size_limit(1000, [&] {
    LineWriter writer(directory / "log.jsonl");
    return exit_status_of([&] {
      for (int i = 0; i < 100; ++i) writer.append(std::string(69, 'x'));
    });
  });
  EXPECT_EQ(status, 6);
  EXPECT_EQ(read_file(directory / "log.jsonl").size(), 14u * 70u);
}

}  // namespace
}  // namespace rift
