#include "rift/train/pretrain/token_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

std::string write_rows(const fs::path& folder, int64_t rows, int32_t shift = 0) {
  TokenStoreWriter writer(folder, "train");
  std::vector<int32_t> ids;
  for (int64_t row = 0; row < rows; ++row) {
    ids.assign(static_cast<size_t>(row % 7 + 1), static_cast<int32_t>(row) + shift);
    writer.add(ids, {.document = row / 2, .key = static_cast<uint64_t>(row) * 3});
  }
  EXPECT_EQ(writer.rows(), rows);
  return writer.finish();
}

TEST(TokenStore, GivesBackRowsInAnyOrder) {
  const test::TempDirectory folder;
  constexpr int64_t kRows = 300'000;  // several flushes of the writer
  const std::string digest = write_rows(folder.path(), kRows);
  const TokenStore store(folder.path(), "train");
  ASSERT_EQ(store.rows(), kRows);
  std::vector<int32_t> ids;
  int64_t tokens = 0;
  for (int64_t row = kRows - 1; row >= 0; row -= 997) {
    store.read(row, ids);
    EXPECT_EQ(ids, std::vector<int32_t>(static_cast<size_t>(row % 7 + 1), static_cast<int32_t>(row)));
    EXPECT_EQ(store.length(row), row % 7 + 1);
    EXPECT_EQ(store.origin(row).document, row / 2);
    EXPECT_EQ(store.origin(row).key, static_cast<uint64_t>(row) * 3);
  }
  for (int64_t row = 0; row < kRows; ++row) tokens += row % 7 + 1;
  EXPECT_EQ(store.tokens(), tokens);
  EXPECT_EQ(write_rows(folder.path(), kRows), digest);
  EXPECT_NE(write_rows(folder.path(), kRows, 1), digest);
}

TEST(TokenStore, MayBeEmpty) {
  const test::TempDirectory folder;
  write_rows(folder.path(), 0);
  const TokenStore store(folder.path(), "train");
  EXPECT_EQ(store.rows(), 0);
  EXPECT_EQ(store.tokens(), 0);
}

TEST(TokenStore, FilesThatWereCutAreRefused) {
  for (const char* name : {"train.ids", "train.rows"}) {
    const test::TempDirectory folder;
    write_rows(folder.path(), 100);
    fs::resize_file(folder / name, fs::file_size(folder / name) - 4);
    EXPECT_THAT(test::message_of(Code::kArtefact, [&] { TokenStore(folder.path(), "train"); }),
                testing::HasSubstr("does not belong to"));
  }
  const test::TempDirectory empty;
  EXPECT_THAT(test::failure([&] { TokenStore(empty.path(), "train"); }), testing::StartsWith("artefact"));
}

}  // namespace
}  // namespace rift::train
