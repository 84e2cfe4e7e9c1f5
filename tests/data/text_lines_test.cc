#include "rift/data/text_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::data {
namespace {

using test::failure;
using test::TempDirectory;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& content, int64_t batch_rows = 2) {
  const TempDirectory folder;
  folder.write("a.txt", content);
  TextLines lines(folder / "a.txt", batch_rows);
  std::vector<std::string> found;
  RowBatch batch;
  while (lines.next(batch)) {
    EXPECT_LE(batch.table.rows, batch_rows);
    for (int64_t row = 0; row < batch.table.rows; ++row) {
      EXPECT_EQ(batch.id[static_cast<size_t>(row)], std::to_string(found.size()));
      EXPECT_EQ(batch.table.source_row[static_cast<size_t>(row)], static_cast<int64_t>(found.size()));
      found.emplace_back(*batch.table.at(TextLines::kColumn).texts().get(row));
    }
  }
  return found;
}

TEST(TextLines, EveryLineIsARow) {
  EXPECT_THAT(lines_of("one\n\n three \n"), ElementsAre("one", "", " three "));
  EXPECT_THAT(lines_of("one\r\ntwo"), ElementsAre("one", "two"));
  EXPECT_THAT(lines_of("\xEF\xBB\xBF"
                       "一\n"),
              ElementsAre("一"));
  EXPECT_THAT(lines_of("x"), ElementsAre("x"));
  EXPECT_THAT(lines_of("\n"), ElementsAre(""));
}

TEST(TextLines, WhatIsNoTextIsRefusedByItsLine) {
  EXPECT_THAT(failure([] {
                lines_of(
                    "good\nb\xFF"
                    "d\n");
              }),
              AllOf(StartsWith("data: "), HasSubstr("line 2")));
  EXPECT_THAT(failure([] { lines_of(""); }), HasSubstr("the file is empty"));
  EXPECT_THAT(failure([] { lines_of("a\n" + std::string((16u << 20) + 1, 'x')); }), HasSubstr("line 2: longer"));
  EXPECT_THAT(failure([] { TextLines("no/such.txt", 1); }), HasSubstr("no such file"));
}

TEST(LineReader, ALineMayBeLongerThanWhatIsReadAtATime) {
  const TempDirectory folder;
  const std::string first(70'000, 'a'), second(65'535, 'b');
  folder.write("a.txt", first + "\r\n" + second + "\n\nlast");
  LineReader lines(folder / "a.txt");
  std::vector<std::string> found;
  for (std::string line; lines.next(line);) found.push_back(line);
  EXPECT_THAT(found, ElementsAre(first, second, "", "last"));
}

TEST(LineReader, WhatCannotBeReadIsNamed) {
  // A file whose first byte cannot be read, whatever the user's rights.
  EXPECT_THAT(failure([] { LineReader("/proc/self/mem"); }),
              AllOf(HasSubstr("/proc/self/mem"), HasSubstr("reading failed")));
  const TempDirectory folder;
  folder.write("empty.txt", "\xEF\xBB\xBF");
  EXPECT_TRUE(LineReader(folder / "empty.txt").is_empty());
}

}  // namespace
}  // namespace rift::data
