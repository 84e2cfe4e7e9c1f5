#include "rift/data/line_ends.h"

#include <gtest/gtest.h>

#include "support/temp_directory.h"

namespace rift::data {
namespace {

std::optional<int64_t> odd_line(std::string_view text) {
  const test::TempDirectory folder;
  test::write_plainly(folder / "rows.csv", text);
  return find_odd_line_end(folder / "rows.csv");
}

TEST(LineEnds, TheFirstThatDiffersIsFound) {
  EXPECT_EQ(odd_line("x,y\r\n1,2\n3,4\r\n"), 2);
  EXPECT_EQ(odd_line("x,y\n1,2\n3,4\r\n"), 3);
  EXPECT_EQ(odd_line("x,y\n1,2\r3,4\n"), 2);
  EXPECT_EQ(odd_line("x,y\n1,2\r"), 2);
}

TEST(LineEnds, AlikeOnesAndLineBreaksInTextsArePassedOver) {
  EXPECT_EQ(odd_line("x,y\r\n1,\"a\nb\"\r\n\r\n"), std::nullopt);
  EXPECT_EQ(odd_line("x,y\n1,2"), std::nullopt);
  EXPECT_EQ(odd_line("x,y\r\n1,\"a\nb\"\r\n3,4\n"), 4) << "as an editor counts";
  EXPECT_EQ(find_odd_line_end("/nowhere/rows.csv"), std::nullopt);
}

}  // namespace
}  // namespace rift::data
