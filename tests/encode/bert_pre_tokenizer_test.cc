#include "rift/encode/text/bert_pre_tokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rift/base/random.h"
#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

using Words = std::vector<std::string_view>;

Words words_of(std::string_view text) {
  Words found;
  for (BertPreTokenizer words(text); !words.done();) {
    for (const auto [begin, end] : words.next()) found.push_back(text.substr(begin, end - begin));
  }
  return found;
}

/// The definition, one character at a time.
Words expected_words(std::string_view text) {
  Words found;
  size_t from = 0;
  for (size_t at = 0; at < text.size();) {
    const Decoded next = decode_valid(text, at);
    const uint8_t flags = CharacterRules::instance().flags(next.character);
    const size_t end = at + next.bytes;
    if ((flags & (CharacterRules::kSpace | CharacterRules::kPunctuation)) != 0) {
      if (from < at) found.push_back(text.substr(from, at - from));
      if ((flags & CharacterRules::kSpace) == 0) found.push_back(text.substr(at, next.bytes));
      from = end;
    }
    at = end;
  }
  if (from < text.size()) found.push_back(text.substr(from));
  return found;
}

TEST(BertPreTokenizer, EveryAsciiCharacterIsOfTheClassItsRulesGive) {
  for (int c = 0; c < 0x80; ++c) {
    const std::string text = {'a', static_cast<char>(c), 'b'};
    EXPECT_EQ(words_of(text), expected_words(text)) << c;
  }
}

TEST(BertPreTokenizer, AWordMayEndAtEveryPlace) {
  for (const std::string_view separator : {" ", "-", "--", "\u00A0", "\u00BF", "\u3000", "\u3002", "\U0001039F"}) {
    for (size_t before = 0; before < 135; ++before) {
      for (const size_t after : {0u, 1u, 61u, 64u}) {
        const std::string text = std::string(before, 'x').append(separator).append(after, 'y');
        ASSERT_EQ(words_of(text), expected_words(text)) << before << separator << after;
      }
    }
  }
}

TEST(BertPreTokenizer, EqualsItsDefinitionOnGeneratedTexts) {
  static constexpr std::string_view kParts[] = {"a",      "the",    " ",      "\t",     "\x01",       "!",
                                                "\u00E9", "\u0301", "\u00A0", "\u2026", "\U0001039F", "\U0001F600",
                                                "\u6211", "\u3002", "Z9",     "\x7F",   "\u007E",     "   "};
  const CounterRandom random(1, 1);
  uint64_t draw = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (uint64_t n = random.below(draw++, 120); n > 0; --n) text += kParts[random.below(draw++, std::size(kParts))];
    ASSERT_EQ(words_of(text), expected_words(text)) << text;
  }
  EXPECT_TRUE(words_of("").empty());
}

}  // namespace
}  // namespace rift::encode::text
