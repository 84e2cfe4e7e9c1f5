#include "rift/hub/cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_directory.h"
#include "support/variable.h"

namespace rift::hub {
namespace {

namespace fs = std::filesystem;
using test::TempDirectory;
using test::Variable;
using testing::ElementsAre;

constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";
constexpr const char* kOther = "89abcdef0123456789abcdef0123456789abcdef";

TEST(HubCache, ItsPlaceFollowsTheVariablesOfHuggingFace) {
  const Variable home("HOME", "/home/x"), xdg("XDG_CACHE_HOME", ""), old("HUGGINGFACE_HUB_CACHE", "");
  {
    const Variable cache("HF_HUB_CACHE", "/c"), hf_home("HF_HOME", "/h");
    EXPECT_EQ(cache_directory(), "/c");
  }
  const Variable cache("HF_HUB_CACHE", "");
  {
    const Variable hf_home("HF_HOME", "~/h");
    EXPECT_EQ(cache_directory(), "/home/x/h/hub");
  }
  const Variable hf_home("HF_HOME", "");
  {
    const Variable other("XDG_CACHE_HOME", "/x");
    EXPECT_EQ(cache_directory(), "/x/huggingface/hub");
  }
  EXPECT_EQ(cache_directory(), "/home/x/.cache/huggingface/hub");
  const Variable homeless("HOME", "");
  EXPECT_EQ(cache_directory(), "");
}

TEST(HubCache, NamesOfModelsHoldNoPath) {
  for (const char* name : {"bert-base-uncased", "sentence-transformers/all-MiniLM-L6-v2", "a/b_c.d", "0/1"})
    EXPECT_TRUE(is_model_id(name)) << name;
  for (const char* name : {"", "/", "a/", "/a", "a/b/c", "../a", "a/..", ".", "a..b", "a--b/c", "-a", "a.", "./a",
                           "a b", "a/b\\c", "a/\xC3\xA9", "~a"})
    EXPECT_FALSE(is_model_id(name)) << name;
  EXPECT_FALSE(is_model_id(std::string(97, 'a')));
  EXPECT_EQ(cache_folder("org/name"), "models--org--name");
}

TEST(HubCache, ReadsRevisionsAndTheirRefs) {
  const TempDirectory cache;
  cache.folder(std::string("models--org--name/snapshots/") + kOther);
  cache.folder(std::string("models--org--name/snapshots/") + kCommit);
  cache.folder("models--org--name/snapshots/no-commit");
  cache.write("models--org--name/refs/main", kCommit);
  cache.write("models--org--name/refs/refs/pr/1", std::string(kCommit) + "\n");
  cache.write("models--org--name/refs/broken", "../../../etc");
  const auto model = read_cached_model(cache / "models--org--name");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->id, "org/name");
  ASSERT_EQ(model->revisions.size(), 2u);
  EXPECT_EQ(model->revisions[0].commit, kCommit);
  EXPECT_THAT(model->revisions[0].refs, ElementsAre("main", "refs/pr/1"));
  EXPECT_THAT(model->revisions[1].refs, ElementsAre());
  EXPECT_EQ(find_snapshot(cache.path(), "org/name"), model->revisions[0].directory);
  EXPECT_EQ(find_snapshot(cache.path(), "org/name", kOther), model->revisions[1].directory);
  EXPECT_EQ(find_snapshot(cache.path(), "org/name", "broken"), "");
  EXPECT_EQ(find_snapshot(cache.path(), "org/other"), "");
  EXPECT_EQ(find_snapshot(cache.path(), "../org"), "");
  EXPECT_FALSE(read_cached_model(cache.folder("datasets--org--name")));
  EXPECT_TRUE(read_cached_model(cache.folder("models--a"))->revisions.empty());
}

TEST(HubCache, ARefThatPointsToASnapshotThatIsNotThereFindsNothing) {
  const TempDirectory cache;
  cache.write("models--org--name/refs/main", kCommit);
  EXPECT_EQ(find_snapshot(cache.path(), "org/name"), "");
}

TEST(HubCache, KnowsWhereAModelDirectoryComesFrom) {
  const TempDirectory folder;
  const fs::path snapshot = folder.folder(std::string("models--org--name/snapshots/") + kCommit);
  for (const fs::path& path : {snapshot, snapshot / "", snapshot / "." / "x" / ".."}) {
    const auto origin = origin_of(path);
    ASSERT_TRUE(origin) << path;
    EXPECT_EQ(origin->id, "org/name");
    EXPECT_EQ(origin->commit, kCommit);
  }
  fs::create_directory_symlink(snapshot, folder / "link");
  EXPECT_EQ(origin_of(folder / "link")->commit, kCommit);
  folder.write("copy/.cache/huggingface/download/config.json.metadata", std::string(kOther) + "\nabc\n1.5\n");
  EXPECT_EQ(origin_of(folder / "copy")->commit, kOther);
  EXPECT_EQ(origin_of(folder / "copy")->id, "");
  EXPECT_FALSE(origin_of(folder.folder("plain")));
  EXPECT_FALSE(origin_of(folder.folder(std::string("elsewhere/") + kCommit)));
}

}  // namespace
}  // namespace rift::hub
