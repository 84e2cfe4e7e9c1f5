#include "rift/base/directory_lock.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>

#include "support/child.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift {
namespace {

namespace fs = std::filesystem;
using test::TempDirectory;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(DirectoryLock, KeepsOthersOutWhileItLivesAndLeavesNothing) {
  const TempDirectory folder;
  {
    const auto held = DirectoryLock::take(folder.path());
    ASSERT_TRUE(held.has_value());
    EXPECT_FALSE(DirectoryLock::take(folder.path()).has_value());
    EXPECT_EQ(test::status_of_child([&] { return DirectoryLock::take(folder.path()).has_value() ? 1 : 0; }), 0);
  }
  EXPECT_THAT(folder.names(), IsEmpty());
  EXPECT_TRUE(DirectoryLock::take(folder.path()).has_value());
}

TEST(DirectoryLock, OneThatMovesIsHeldOnce) {
  const TempDirectory folder;
  auto first = DirectoryLock::take(folder.path());
  std::optional<DirectoryLock> second(std::move(*first));
  first.reset();
  EXPECT_FALSE(DirectoryLock::take(folder.path()).has_value());
  second.reset();
  EXPECT_TRUE(DirectoryLock::take(folder.path()).has_value());
}

TEST(DirectoryLock, OfAKilledProcessIsTakenOver) {
  const TempDirectory folder;
  const int status = test::status_of_child([&] {
    const auto held = DirectoryLock::take(folder.path());
    return held ? ::raise(SIGKILL) : 0;
  });
  ASSERT_EQ(status, 128 + SIGKILL);
  EXPECT_THAT(folder.names(), ElementsAre(DirectoryLock::kFile));
  EXPECT_TRUE(DirectoryLock::take(folder.path()).has_value());
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(DirectoryLock, ADirectoryThatIsNotThereIsNamed) {
  const TempDirectory folder;
  EXPECT_THAT(test::message_of(Code::kEnvironment, [&] { DirectoryLock::take(folder / "none"); }),
              testing::HasSubstr("none"));
}

}  // namespace
}  // namespace rift
