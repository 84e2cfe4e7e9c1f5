#include "rift/encode/text/word_count.h"

#include <gtest/gtest.h>

namespace rift::encode::text {
namespace {

TEST(WordCount, RunsOfLettersAndDigitsAreWords) {
  EXPECT_EQ(count_words("I'll repay 1,200 EUR - on time."), 8);  // I ll repay 1 200 EUR on time
  EXPECT_EQ(count_words("  \t"), 0);
  EXPECT_EQ(count_words(""), 0);
  EXPECT_EQ(count_words("Größe_2"), 1);
  EXPECT_EQ(count_words("e\xCC\x81t\xC3\xA9"), 1);  // a combining accent belongs to its word
}

TEST(WordCount, AChineseCharacterIsAWord) {
  EXPECT_EQ(count_words("贷款200元"), 4);
  EXPECT_EQ(count_words("A股大涨。"), 4);
}

TEST(WordCount, BrokenBytesEndAWord) {
  EXPECT_EQ(count_words("lo\xFF"
                        "an"),
            2);
}

}  // namespace
}  // namespace rift::encode::text
