#include "rift/encode/text/words.h"

#include <gtest/gtest.h>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "support/failure.h"

namespace rift::encode::text {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  for_each_word(text, [&](std::string_view word) { found.emplace_back(word); });
  return found;
}

std::vector<std::string> ngrams(std::string_view text, int64_t shortest, int64_t longest) {
  std::vector<std::string> found;
  for_each_char_ngram(text, {shortest, longest}, [&](std::string_view gram) { found.emplace_back(gram); });
  return found;
}

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> values;
  for (const Json& item : list.as_array()) values.push_back(item.as_string());
  return values;
}

TEST(Words, EqualScikitLearn) {
  const Json golden = parse_json(read_file("tests/encode/fixtures/words_golden.json"), "words_golden.json");
  ASSERT_GE(golden.at("cases").size(), 20u);
  for (const Json& one : golden.at("cases").as_array()) {
    const std::string& text = one.at("text").as_string();
    EXPECT_EQ(lower_case(text), one.at("lower").as_string()) << text;
    EXPECT_EQ(words(text), strings(one.at("words"))) << text;
    for (size_t i = 0; i < golden.at("ranges").size(); ++i) {
      const Json& range = golden.at("ranges").at(i);
      EXPECT_EQ(ngrams(text, range.at(0).as_int(), range.at(1).as_int()), strings(one.at("ngrams").at(i))) << text;
    }
  }
}

TEST(Words, InvalidUtf8BecomesReplacementCharacter) {
  EXPECT_EQ(lower_case("A\xFF"), "a\xEF\xBF\xBD");
  EXPECT_EQ(lower_case("\xE2\x82Z\xED\xA0\x80"), "\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(words("AB\xFF"
                  "cd\xC3"),
            (std::vector<std::string>{"ab", "cd"}));
}

TEST(Words, NulIsAnOrdinaryNonWordCharacter) {
  EXPECT_EQ(words(std::string_view("ab\0cd", 5)), (std::vector<std::string>{"ab", "cd"}));
  EXPECT_EQ(ngrams(std::string_view("a\0b", 3), 5, 5), (std::vector<std::string>{std::string(" a\0b ", 5)}));
}

TEST(Words, OneLongWordStaysOneWord) {
  const std::string text(100'000, 'Q');
  EXPECT_EQ(words(text), std::vector<std::string>{std::string(100'000, 'q')});
  EXPECT_EQ(ngrams(text, 3, 3).size(), 100'000u);
}

TEST(Words, LowerCasingMayGrowTheText) {
  std::string text, expected;  // U+0130 has two bytes, its lower case three
  for (int i = 0; i < 1000; ++i) {
    text += "\xC4\xB0";
    expected += "i\xCC\x87";
  }
  EXPECT_EQ(lower_case(text), expected);
}

TEST(Words, EmptyRangeOfLengthsIsRefused) {
  test::message_of(Code::kBug, [] { ngrams("text", 0, 2); });
  test::message_of(Code::kBug, [] { ngrams("text", 3, 2); });
}

}  // namespace
}  // namespace rift::encode::text
