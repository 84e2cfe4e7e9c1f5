#include "rift/data/line_spans.h"

#include <gtest/gtest.h>

#include <string>

namespace rift::data {
namespace {

LineSpans found_in(std::string_view text, const std::vector<int64_t>& numbers, const LineRules& rules = {}) {
  const auto next = [&]() -> std::optional<std::string_view> {
    if (text.empty()) return std::nullopt;
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return line;
  };
  return find_line_spans(next, rules, numbers);
}

std::vector<LineSpan> spans_of(std::string_view text, const std::vector<int64_t>& numbers) {
  return found_in(text, numbers).of_numbers;
}

TEST(LineSpans, QuotedLineBreaksBelongToTheirRecord) {
  const auto spans = spans_of("a,b\n1,\"x\ny\"\n\n3,z\n4,z\n", {2, 4});
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].first_line, 2);
  EXPECT_EQ(spans[0].last_line, 3);
  EXPECT_EQ(spans[1].first_line, 5);
  EXPECT_EQ(spans[1].blank_before, 1);
  EXPECT_FALSE(spans[1].quote_open);
}

TEST(LineSpans, AnOpenQuoteReachesToTheEndOrToTheNextOne) {
  const auto to_end = spans_of("a,b\n1,\"x\n2,y\n\n3,z\n", {2});
  ASSERT_EQ(to_end.size(), 1u);
  EXPECT_EQ(to_end[0].first_line, 2);
  EXPECT_EQ(to_end[0].last_line, 5);
  EXPECT_EQ(to_end[0].rows, 3);
  EXPECT_TRUE(to_end[0].quote_open);

  // The second quote closes the first one; what stands behind it breaks the record off at its line's end.
  const auto to_next = spans_of("a,b\n1,\"x\n2,y\n3,\"z\n4,\"q\n", {2, 3});
  ASSERT_EQ(to_next.size(), 2u);
  EXPECT_EQ(to_next[0].last_line, 4);
  EXPECT_FALSE(to_next[0].quote_open);
  EXPECT_EQ(to_next[1].first_line, 5);
}

TEST(LineSpans, QuotesWithinACellAndDoubledOnesOpenNothing) {
  for (const char* cell : {"5\" pipe", "\"say \"\"hi\"\"\"", " \"x\" ", "\"\"", "\"a\"\",\"\"b\""}) {
    const auto spans = spans_of(std::string("a,b\n") + cell + ",1\nlast,2\n", {3});
    ASSERT_EQ(spans.size(), 1u) << cell;
    EXPECT_EQ(spans[0].first_line, 3) << cell;
    EXPECT_EQ(spans[0].last_line, 3) << cell;
  }
}

TEST(LineSpans, ABlankLineIsARowOfAFileOfOneColumn) {
  const auto rows = found_in("a\n\n\n1\n", {4}, {.blank_is_row = true});
  EXPECT_EQ(rows.of_numbers.at(0).blank_before, 0);
  EXPECT_EQ(rows.records, 3);
  const auto no_rows = found_in("a\n\n\n1\n", {4});
  EXPECT_EQ(no_rows.of_numbers.at(0).blank_before, 2);
  EXPECT_EQ(no_rows.records, 1);
}

TEST(LineSpans, NotesAboveTheHeaderAreNoRecords) {
  const auto found = found_in("note\n\na,b\n1,2\n3\n", {5}, {.lines_before_rows = 3});
  EXPECT_EQ(found.records, 2);
  EXPECT_EQ(found.of_numbers.at(0).blank_before, 0);
}

TEST(LineSpans, RecordsBelowTheEndAreLeftOut) { EXPECT_TRUE(spans_of("a,b\n1,2\n", {7}).empty()); }

}  // namespace
}  // namespace rift::data
