#include "rift/encode/text/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "encode/tokenizer_support.h"
#include "rift/base/sha256.h"

namespace rift::encode::text {
namespace {

using test::encoded;
using test::small_tokenizer_json;
using test::tokenizer_golden;
using test::tokenizer_of;
using test::tokens_of;
using testing::ElementsAre;

const Tokenizer& small() {
  static const auto tokenizer = tokenizer_of(small_tokenizer_json());
  return *tokenizer;
}

std::vector<int32_t> numbers(const Json& list) {
  std::vector<int32_t> values;
  for (const Json& item : list.as_array()) values.push_back(static_cast<int32_t>(item.as_int()));
  return values;
}

std::vector<int32_t> flat(const std::vector<Offset>& offsets) {
  std::vector<int32_t> values;
  for (const Offset& offset : offsets) {
    values.push_back(static_cast<int32_t>(offset.begin));
    values.push_back(static_cast<int32_t>(offset.end));
  }
  return values;
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, IdsAndByteOffsetsEqualTheTokenizersLibrary) {
  const auto tokenizer = tokenizer_of(small_tokenizer_json(GetParam()));
  const Json& encodings = tokenizer_golden().at("encodings").at(GetParam());
  const Json& texts = tokenizer_golden().at("texts");
  ASSERT_GT(texts.size(), 300u);
  ASSERT_EQ(encodings.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string& text = texts.at(i).as_string();
    const Encoding encoding = encoded(*tokenizer, text, {.max_tokens = 0, .want_offsets = true});
    EXPECT_EQ(encoding.ids, numbers(encodings.at(i).at(size_t{0}))) << i << ": " << text;
    EXPECT_EQ(flat(encoding.offsets), numbers(encodings.at(i).at(size_t{1}))) << i << ": " << text;
    EXPECT_FALSE(encoding.truncated);
    EXPECT_EQ(encoded(*tokenizer, text).ids, encoding.ids) << "without offsets, " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Tokenizer, Golden, testing::Values("uncased", "cased", "accents", "uncleaned", "added"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Tokenizer, NamesItsTokens) {
  EXPECT_THAT(tokens_of(small(), "The loans!"), ElementsAre("the", "loan", "##s", "!"));
  EXPECT_EQ(small().id("[CLS]"), 2);
  EXPECT_EQ(small().token(2), "[CLS]");
  EXPECT_EQ(small().id("no such token"), -1);
  EXPECT_EQ(small().token(-1), "");
  EXPECT_EQ(small().token(static_cast<int32_t>(small().vocab_size())), "");
  EXPECT_NE(small().token(static_cast<int32_t>(small().vocab_size()) - 1), "");
}

TEST(Tokenizer, TruncationKeepsClsAndSep) {
  const std::string text = "the loan is a loan, the car is a car.";
  const std::vector<int32_t> whole = encoded(small(), text, {.max_tokens = 0, .add_special = false}).ids;
  for (int64_t most = 1; most < 20; ++most) {
    const Encoding cut = encoded(small(), text, {.max_tokens = most, .want_offsets = true});
    const size_t words = std::min(whole.size(), static_cast<size_t>(std::max<int64_t>(most - 2, 0)));
    ASSERT_EQ(cut.ids.size(), words + 2) << most;
    EXPECT_EQ(cut.offsets.size(), cut.ids.size());
    EXPECT_EQ(cut.ids.front(), small().id("[CLS]"));
    EXPECT_EQ(cut.ids.back(), small().id("[SEP]"));
    EXPECT_TRUE(std::equal(whole.begin(), whole.begin() + static_cast<int64_t>(words), cut.ids.begin() + 1));
    EXPECT_EQ(cut.truncated, words < whole.size()) << most;
  }
  EXPECT_EQ(encoded(small(), text, {.max_tokens = 3, .add_special = false}).ids.size(), 3u);
}

TEST(Tokenizer, TruncationInsideAWordThatEndsUnknownCutsNothingElse) {
  // "loan\u00A4": pieces are found up to the last character, which makes the whole word one unknown token
  const Encoding cut = encoded(small(), "loans\u00A4 the", {.max_tokens = 3});
  EXPECT_THAT(cut.ids, ElementsAre(small().id("[CLS]"), small().id("[UNK]"), small().id("[SEP]")));
  EXPECT_TRUE(cut.truncated);
}

TEST(Tokenizer, EmptyAndBlankTextsAreClsAndSep) {
  for (const std::string_view text : {"", " ", "\t\n", "\x01\x02"}) {
    const Encoding encoding = encoded(small(), text, {.want_offsets = true});
    EXPECT_THAT(encoding.ids, ElementsAre(2, 3));
    EXPECT_THAT(encoding.offsets, ElementsAre(Offset{}, Offset{}));
  }
}

TEST(Tokenizer, IllFormedBytesCountAsReplacementCharacters) {
  Json json = small_tokenizer_json("uncleaned");  // which keeps U+FFFD visible: an unknown word
  const auto keeps = tokenizer_of(json);
  const std::string text = "the \xFF car \xE2\x82z\xED\xA0\x80 \xC3";
  const std::string repaired =
      "the \uFFFD car \uFFFDz\uFFFD\uFFFD\uFFFD \uFFFD";  // maximal subparts, as Python decodes with errors="replace"
  const Encoding encoding = encoded(*keeps, text, {.max_tokens = 0, .want_offsets = true});
  EXPECT_EQ(encoding.ids, encoded(*keeps, repaired).ids);
  ASSERT_EQ(encoding.ids.size(), 7u);
  EXPECT_EQ(encoding.offsets[2], (Offset{4, 5}));
  EXPECT_EQ(encoding.offsets[3], (Offset{6, 9}));
  EXPECT_EQ(encoding.offsets[4], (Offset{10, 16}));
  EXPECT_EQ(encoding.offsets[5], (Offset{17, 18}));
  EXPECT_EQ(encoded(small(), text).ids, encoded(small(), "the  car z ").ids);  // clean_text removes U+FFFD
}

TEST(Tokenizer, EveryByteStringHasADefinedEncoding) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {'a', static_cast<char>(first), static_cast<char>(second), 'b'};
      const Encoding encoding = encoded(small(), text, {.want_offsets = true});
      ASSERT_GE(encoding.ids.size(), 3u);
      for (const Offset& offset : encoding.offsets) ASSERT_LE(offset.end, text.size());
    }
  }
}

TEST(Tokenizer, AHundredThousandLettersAreOneUnknownWord) {
  for (const char* letter : {"q", "\u00E9", "\u0301", "\u0434"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += letter;
    const Encoding encoding = encoded(small(), text, {.want_offsets = true});
    if (std::string_view(letter) == "\u0301") {
      EXPECT_THAT(encoding.ids, ElementsAre(2, 3));  // marks alone leave nothing
      continue;
    }
    EXPECT_THAT(encoding.ids, ElementsAre(2, small().id("[UNK]"), 3)) << letter;
    EXPECT_EQ(encoding.offsets[1], (Offset{0, static_cast<uint32_t>(text.size())}));
  }
}

TEST(Tokenizer, LongTextsAreReadInPiecesWithoutATrace) {
  // longer than a piece, with marks and control characters around the spaces where pieces may end
  std::string text;
  for (int i = 0; i < 3000; ++i) text += i % 7 == 0 ? "cr\u00E9dit \u0301\x01" : "the car\t\u0323\u0301 ";
  const Encoding whole = encoded(small(), text, {.max_tokens = 0, .want_offsets = true});
  std::vector<int32_t> ids;
  size_t at = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string part = i % 7 == 0 ? "cr\u00E9dit \u0301\x01" : "the car\t\u0323\u0301 ";
    for (const int32_t id : encoded(small(), part, {.max_tokens = 0, .add_special = false}).ids) ids.push_back(id);
    at += part.size();
  }
  ASSERT_EQ(at, text.size());
  EXPECT_EQ(std::vector<int32_t>(whole.ids.begin() + 1, whole.ids.end() - 1), ids);
  for (size_t i = 1; i + 1 < whole.ids.size(); ++i) {
    ASSERT_LT(whole.offsets[i].begin, whole.offsets[i].end);
    ASSERT_LE(whole.offsets[i - 1].end, whole.offsets[i].begin);
  }
  EXPECT_TRUE(encoded(small(), text, {.max_tokens = 100}).truncated);
}

TEST(Tokenizer, AControlCharacterInAWordOfALongTextEndsNothing) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += i % 2 == 0 ? "th\ve " : "lo\fan ";
  const Encoding encoding = encoded(small(), text, {.max_tokens = 0, .add_special = false});
  ASSERT_EQ(encoding.ids.size(), 3000u);
  for (size_t i = 0; i < 3000; ++i) ASSERT_EQ(encoding.ids[i], small().id(i % 2 == 0 ? "the" : "loan")) << i;
}

TEST(Tokenizer, OfATextThatIsCutToTokensTheFirst16MebibytesAreRead) {
  constexpr size_t kRead = size_t{16} << 20;
  const EncodeOptions few{.max_tokens = 8, .add_special = false};
  const Encoding within = encoded(small(), std::string(kRead - 3, ' ') + "the", few);
  EXPECT_THAT(within.ids, ElementsAre(small().id("the")));
  EXPECT_FALSE(within.truncated);
  const std::string longer = std::string(kRead, ' ') + "the";
  const Encoding behind = encoded(small(), longer, few);
  EXPECT_THAT(behind.ids, ElementsAre());
  EXPECT_TRUE(behind.truncated);
  EXPECT_THAT(encoded(small(), longer, {.max_tokens = 0, .add_special = false}).ids, ElementsAre(small().id("the")));
  const Encoding across = encoded(small(), std::string(kRead - 1, ' ') + "\u6211", few);  // cut before the character
  EXPECT_THAT(across.ids, ElementsAre());
  EXPECT_TRUE(across.truncated);
}

TEST(Tokenizer, ThreadsShareIt) {
  const Json& texts = tokenizer_golden().at("texts");
  const auto digest = [&] {
    Sha256 sum;
    for (const Json& text : texts.as_array()) {
      for (const int32_t id : encoded(small(), text.as_string()).ids) sum.update(std::to_string(id) + ",");
    }
    return sum.finish_hex();
  };
  const std::string alone = digest();
  std::vector<std::string> found(4);
  std::vector<std::thread> threads;
  for (std::string& one : found) threads.emplace_back([&] { one = digest(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(found, testing::Each(alone));
}

}  // namespace
}  // namespace rift::encode::text
