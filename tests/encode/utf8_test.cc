#include "rift/encode/text/utf8.h"

#include <gtest/gtest.h>

#include "rift/encode/text/character_rules.h"

namespace rift::encode::text {
namespace {

constexpr std::string_view kOneOfEachLength = "a\u00E9\u6211\U0001F600";

TEST(Utf8, CharactersAreReadFromBothEnds) {
  std::string_view text = kOneOfEachLength;
  EXPECT_EQ(count_characters(text), 4);
  EXPECT_EQ(count_characters(""), 0);
  size_t at = 0;
  for (const char32_t expected : {U'a', U'\u00E9', U'\u6211', U'\U0001F600'}) {
    const Decoded found = decode_valid(text, at);
    EXPECT_EQ(found.character, expected);
    const Decoded last = decode_last(text.substr(0, at + found.bytes));
    EXPECT_EQ(last.character, expected);
    EXPECT_EQ(last.bytes, found.bytes);
    at += found.bytes;
  }
  EXPECT_EQ(at, text.size());
}

TEST(Utf8, AsciiEndsAtTheFirstOtherByteWhereverItStands) {
  for (size_t size = 0; size < 40; ++size) {
    const std::string ascii(size, 'a');
    EXPECT_EQ(ascii_prefix(ascii), size);
    EXPECT_EQ(ascii_prefix(ascii + "\x80" + ascii), size);
  }
}

TEST(Utf8, IllFormedPartsAreFoundAndRepairedAtTheirPlaces) {
  for (const std::string_view ill : {"\x80", "\xC1\xBF", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    const std::string text = std::string("0123456789").append(ill).append("z");
    EXPECT_FALSE(is_valid_utf8(text));
    const RepairedText repaired = repair_utf8(text);
    EXPECT_TRUE(is_valid_utf8(repaired.text));
    EXPECT_EQ(repaired.original_place(10), 10u);
    EXPECT_EQ(repaired.original_place(static_cast<uint32_t>(repaired.text.size() - 1)), 10 + ill.size());
    EXPECT_EQ(repaired.original_place(static_cast<uint32_t>(repaired.text.size())), text.size());
  }
  EXPECT_TRUE(is_valid_utf8(kOneOfEachLength));
  EXPECT_TRUE(is_valid_utf8(std::string_view("\0", 1)));
  EXPECT_EQ(repair_utf8(kOneOfEachLength).text, kOneOfEachLength);
}

TEST(WhiteSpace, AtTheEndGoesWhicheverItIs) {
  EXPECT_EQ(without_space_at_end("a b \t\u00A0\u3000\n"), "a b");
  EXPECT_EQ(without_space_at_end(" \u2003"), "");
  EXPECT_EQ(without_space_at_end("\u6211\u200B"), "\u6211\u200B");  // of no width, and no white space
}

}  // namespace
}  // namespace rift::encode::text
