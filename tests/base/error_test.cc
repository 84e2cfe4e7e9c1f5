#include "rift/base/error.h"

#include <gmock/gmock.h>

#include "rift/base/utf8.h"
#include "support/failure.h"

namespace rift {
namespace {

TEST(Error, OneTableGivesExitAndHttpStatus) {
  const auto expect = [](Code code, std::string_view name, int exit_status, int http_status) {
    EXPECT_EQ(code_info(code).name, name);
    EXPECT_EQ(code_info(code).exit_status, exit_status);
    EXPECT_EQ(code_info(code).http_status, http_status);
    EXPECT_EQ(Error(code, "").exit_status(), exit_status);
  };
  expect(Code::kBug, "bug", 1, 500);
  expect(Code::kConfig, "configuration", 2, 400);
  expect(Code::kUnsupported, "unsupported", 2, 501);
  expect(Code::kData, "data", 3, 422);
  expect(Code::kArtefact, "artefact", 4, 424);
  expect(Code::kGate, "gate", 5, 409);
  expect(Code::kEnvironment, "environment", 6, 503);
  expect(Code::kInterrupted, "interrupted", 130, 503);
}

TEST(Error, RequireFormatsAndKnowsItsPlace) {
  try {
    RIFT_REQUIRE(1 > 2, Code::kData, "{}: expected {} columns, got {}", "x.csv", 3, 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "x.csv: expected 3 columns, got 2");
    EXPECT_STREQ(error.what(), "x.csv: expected 3 columns, got 2");
    EXPECT_THAT(error.where(), testing::HasSubstr("error_test.cc:"));
  }
  EXPECT_NO_THROW(RIFT_REQUIRE(true, Code::kData, "not formatted {}", 1));
}

TEST(Error, CheckNamesTheBrokenPromise) {
  EXPECT_THAT(test::message_of(Code::kBug, [] { RIFT_CHECK(2 + 2 == 5); }), testing::HasSubstr("2 + 2 == 5"));
}

TEST(Shorten, NeverCutsInsideACharacter) {
  EXPECT_EQ(shorten("short", 5), "short");
  EXPECT_EQ(shorten("longer", 5), "longe...");
  const std::string chinese = "\xE4\xB8\xAD\xE6\x96\x87";
  for (size_t bytes = 0; bytes < 6; ++bytes) EXPECT_FALSE(first_invalid_utf8(shorten(chinese, bytes))) << bytes;
}

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("bda", "bad"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);
  EXPECT_EQ(nearest_name("bda", std::vector<std::string>{"income", "bad"}), "bad");
}

TEST(NearestName, SharedWordsCountMoreThanFarLetters) {
  const std::vector<std::string> taiwan = {"ID", "LIMIT_BAL", "PAY_AMT6", "default payment next month", "result"};
  EXPECT_EQ(nearest_name("default", taiwan), "default payment next month");
  EXPECT_EQ(nearest_name("Next_Month default", taiwan), "default payment next month");
  EXPECT_EQ(nearest_name("payment", taiwan), "default payment next month");
  EXPECT_EQ(nearest_name("limit", taiwan), "LIMIT_BAL");
  EXPECT_EQ(nearest_name("limitbal", taiwan), "LIMIT_BAL");
  EXPECT_EQ(nearest_name("the result of it", taiwan), "result");
  EXPECT_EQ(nearest_name("default", std::vector<std::string>{"default flag old", "default_flag", "isdefault"}),
            "default_flag");
}

TEST(NearestName, AMisspellingIsNearerThanAWord) {
  EXPECT_EQ(nearest_name("defualt", std::vector<std::string>{"default payment", "default"}), "default");
  EXPECT_EQ(nearest_name("default", std::vector<std::string>{"default payment", "defaults"}), "defaults");
}

TEST(NearestName, OtherAlphabetsByPieces) {
  EXPECT_EQ(nearest_name("违约", std::vector<std::string>{"收入", "是否违约"}), "是否违约");
}

TEST(NearestName, NothingNearIsNothing) {
  EXPECT_EQ(nearest_name("default", std::vector<std::string>{"income", "purpose", "fault", ""}), "fault");
  EXPECT_EQ(nearest_name("default", std::vector<std::string>{"income", "purpose", "age", ""}), "");
  EXPECT_EQ(nearest_name("y", std::vector<std::string>{"x", "z"}), "");
  EXPECT_EQ(nearest_name("", std::vector<std::string>{"x", ""}), "");
}

TEST(Utf8, KnowsWellFormedSequences) {
  for (std::string_view text : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_FALSE(first_invalid_utf8(text)) << text.size();
  EXPECT_FALSE(first_invalid_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, FindsTheFirstIllFormedByte) {
  for (std::string_view bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE4\xB8", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_EQ(first_invalid_utf8(bad), 0u);
    EXPECT_EQ(first_invalid_utf8("\xE4\xB8\xAD" + std::string(bad)), 3u);
    const std::string repaired = valid_utf8(std::string(bad) + "z");
    EXPECT_FALSE(first_invalid_utf8(repaired));
    EXPECT_TRUE(repaired.starts_with("\xEF\xBF\xBD"));
    EXPECT_TRUE(repaired.ends_with("z"));
  }
  EXPECT_EQ(valid_utf8("a\xE4\xB8\xAD"), "a\xE4\xB8\xAD");
}

TEST(Utf8, OneLineEscapesWhatDrivesATerminal) {
  EXPECT_EQ(one_line("mit \"or\" \\ \xC3\xA4 \xE4\xB8\xAD \xC2\xA0"), "mit \"or\" \\ \xC3\xA4 \xE4\xB8\xAD \xC2\xA0");
  EXPECT_EQ(one_line("a\x1B[31mb\n"), "a\\u001b[31mb\\n");
  EXPECT_EQ(one_line("\x1B]0;title\x07"), "\\u001b]0;title\\u0007");
  EXPECT_EQ(one_line("a\x7F\xC2\x9B"
                     "31m"),
            "a\\u007f\\u009b31m");
}

TEST(Utf8, DisplayColumnsCountsWideAndCombiningCharacters) {
  EXPECT_EQ(display_columns("abc"), 3u);
  EXPECT_EQ(display_columns("\xE4\xB8\xAD\xE6\x96\x87"), 4u);
  EXPECT_EQ(display_columns("e\xCC\x81"), 1u);
  EXPECT_EQ(display_columns("\xF0\x9F\x98\x80"), 2u);
  EXPECT_EQ(display_columns("\xFF"), 1u);
}

}  // namespace
}  // namespace rift
