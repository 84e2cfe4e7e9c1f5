#include "rift/package/special_tokens.h"

#include <gtest/gtest.h>

namespace rift::package {
namespace {

TEST(SpecialTokens, AnEmptyTextIsTheBeginElseTheEndElseTokenZero) {
  EXPECT_EQ(token_of_empty_text(Json{{"bos_token_id", 7}, {"eos_token_id", 8}}), 7);
  EXPECT_EQ(token_of_empty_text(Json{{"bos_token_id", Json()}, {"eos_token_id", Json(Json::Array{8, 9})}}), 8);
  EXPECT_EQ(token_of_empty_text(Json::object()), 0);
}

TEST(SpecialTokens, ANumberThatNoTokenCanHaveNamesNone) {
  for (const int64_t beyond : {int64_t{1} << 31, (int64_t{1} << 32) + 5, int64_t{-1}})
    EXPECT_EQ(token_of_empty_text(Json{{"bos_token_id", beyond}, {"eos_token_id", 8}}), 8) << beyond;
}

}  // namespace
}  // namespace rift::package
