#include "rift/encode/tabular/category_encoder.h"

#include <gtest/gtest.h>

#include "rift/base/error.h"
#include "support/failure.h"

namespace rift::encode::tabular {
namespace {

using Values = std::vector<std::optional<std::string_view>>;

TEST(CategoryEncoder, MostFrequentFirstTiesByBytes) {
  const auto encoder = CategoryEncoder::fit(Values{"b", "a", "c", "c", std::nullopt, "b", "a"}, {.min_rows = 1});
  EXPECT_EQ(encoder.names(), (std::vector<std::string>{"a", "b", "c"}));
  const auto counted = CategoryEncoder::fit(Values{"b", "c", "c", "a", "c", "b"}, {.min_rows = 1});
  EXPECT_EQ(counted.names(), (std::vector<std::string>{"c", "b", "a"}));
  EXPECT_EQ(counted.encode("c"), CategoryEncoder::kFirst);
  EXPECT_EQ(counted.ids(), 5);
}

TEST(CategoryEncoder, RareAndNewAreUnknownMissingIsItsOwnIdEmptyIsAValue) {
  const auto encoder = CategoryEncoder::fit(Values{"", "", "x", "x", "rare"}, {.min_rows = 2});
  EXPECT_EQ(encoder.encode("rare"), CategoryEncoder::kUnknown);
  EXPECT_EQ(encoder.encode("new"), CategoryEncoder::kUnknown);
  EXPECT_EQ(encoder.encode(std::nullopt), CategoryEncoder::kMissing);
  EXPECT_EQ(encoder.encode(""), CategoryEncoder::kFirst);
}

TEST(CategoryEncoder, TheMostFrequentAreKept) {
  const auto encoder = CategoryEncoder::fit(Values{"a", "b", "b", "c", "c", "c"}, {.min_rows = 1, .max_categories = 2});
  EXPECT_EQ(encoder.names(), (std::vector<std::string>{"c", "b"}));
}

TEST(CategoryEncoder, AllMissingLeavesTwoIds) {
  const auto encoder = CategoryEncoder::fit(Values{std::nullopt, std::nullopt}, {});
  EXPECT_EQ(encoder.ids(), 2);
  EXPECT_EQ(encoder.encode("a"), CategoryEncoder::kUnknown);
}

TEST(CategoryEncoder, SavedAndLoadedEncodesEqualAndDoublesAreRefused) {
  const auto encoder = CategoryEncoder::fit(Values{"贷款", "a \"quoted\" name", "贷款"}, {.min_rows = 1});
  const auto loaded = CategoryEncoder::from_json(parse_json(to_json_text(encoder.to_json()), "test"));
  EXPECT_EQ(loaded.names(), encoder.names());
  EXPECT_EQ(loaded.encode("贷款"), CategoryEncoder::kFirst);
  test::message_of(Code::kArtefact, [] { CategoryEncoder::from_json(parse_json(R"({"names":["a","a"]})", "test")); });
}

}  // namespace
}  // namespace rift::encode::tabular
