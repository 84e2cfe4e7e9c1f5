#include "rift/encode/text/added_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

namespace rift::encode::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int32_t kText = -1;

/// Begin, end and id of each part.
using Part = std::tuple<size_t, size_t, int32_t>;

std::vector<Part> parts_of(const std::vector<AddedToken>& tokens, std::string_view text) {
  std::vector<AddedTokenMatcher::Pattern> patterns;
  for (const AddedToken& token : tokens) patterns.push_back({token.content, token});
  std::vector<AddedTokenMatcher::Part> parts;
  AddedTokenMatcher(std::move(patterns)).split(text, parts);
  std::vector<Part> found;
  for (const auto& part : parts) found.emplace_back(part.begin, part.end, part.id);
  return found;
}

TEST(AddedTokens, TheLongestOfTheFirstPlaceCountsAndTheRestIsText) {
  const std::vector<AddedToken> tokens = {{.content = "ab", .id = 1}, {.content = "abc", .id = 2}};
  EXPECT_THAT(parts_of(tokens, "xabcab"), ElementsAre(Part(0, 1, kText), Part(1, 4, 2), Part(4, 6, 1)));
  EXPECT_THAT(parts_of(tokens, "ba"), ElementsAre(Part(0, 2, kText)));
  EXPECT_THAT(parts_of(tokens, ""), IsEmpty());
  EXPECT_THAT(parts_of({}, "ab"), ElementsAre(Part(0, 2, kText)));
}

TEST(AddedTokens, ASingleWordStandsBetweenCharactersThatAreNone) {
  const std::vector<AddedToken> tokens = {{.content = "ab", .id = 1, .single_word = true}};
  for (const std::string_view text : {"xab", "abx", "ab_", "\u00E9ab", "ab\u0301", "abab"}) {
    EXPECT_THAT(parts_of(tokens, text), ElementsAre(Part(0, text.size(), kText))) << text;
  }
  EXPECT_THAT(parts_of(tokens, "(ab\u3002"), ElementsAre(Part(0, 1, kText), Part(1, 3, 1), Part(3, 6, kText)));
}

TEST(AddedTokens, WhiteSpaceBesideATokenGoesAlongButNotThatOfTheTokenBefore) {
  const std::vector<AddedToken> tokens = {{.content = "L", .id = 1, .lstrip = true},
                                          {.content = "R", .id = 2, .rstrip = true}};
  EXPECT_THAT(parts_of(tokens, "a \u3000L R\t b"),
              ElementsAre(Part(0, 1, kText), Part(1, 6, 1), Part(6, 7, kText), Part(7, 10, 2), Part(10, 11, kText)));
  EXPECT_THAT(parts_of(tokens, "R  L"), ElementsAre(Part(0, 3, 2), Part(3, 4, 1)));
}

TEST(AddedTokens, WhiteSpaceThatATokenTookAlongIsNoTokenAgain) {
  const std::vector<AddedToken> tokens = {{.content = " ", .id = 1, .lstrip = true, .rstrip = true},
                                          {.content = "R", .id = 2, .rstrip = true}};
  EXPECT_THAT(parts_of(tokens, "a   b"), ElementsAre(Part(0, 1, kText), Part(1, 4, 1), Part(4, 5, kText)));
  EXPECT_THAT(parts_of(tokens, "   "), ElementsAre(Part(0, 3, 1)));
  EXPECT_THAT(parts_of(tokens, "R  "), ElementsAre(Part(0, 3, 2)));
  const std::vector<AddedToken> left = {{.content = " ", .id = 1, .lstrip = true},
                                        {.content = "R", .id = 2, .rstrip = true}};
  EXPECT_THAT(parts_of(left, "R   b"), ElementsAre(Part(0, 4, 2), Part(4, 5, kText)));
  const std::vector<AddedToken> partly = {{.content = " a", .id = 1, .lstrip = true},
                                          {.content = "R", .id = 2, .rstrip = true}};
  EXPECT_THAT(parts_of(partly, "R  a"), ElementsAre(Part(0, 3, 2), Part(3, 4, 1)));
}

TEST(AddedTokens, AMegabyteOfWhiteSpaceIsWalkedOverOnce) {  // once for each token it would not end
  const std::string spaces(1 << 20, ' ');
  for (const bool left : {false, true}) {
    const std::vector<AddedToken> tokens = {{.content = " ", .id = 1, .lstrip = left, .rstrip = !left}};
    EXPECT_EQ(parts_of(tokens, spaces + "a").back(), Part(spaces.size(), spaces.size() + 1, kText));
  }
}

}  // namespace
}  // namespace rift::encode::text
