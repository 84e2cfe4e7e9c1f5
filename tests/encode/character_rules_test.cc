#include "rift/encode/text/character_rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/sha256.h"
#include "rift/encode/text/bert_normalizer.h"

namespace rift::encode::text {
namespace {

std::string utf8(char32_t c) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
}

/// Words that BertPreTokenizer makes of "a<c>b".
char pieces(char32_t c) {
  const uint8_t flags = CharacterRules::instance().flags(c);
  if ((flags & CharacterRules::kSpace) != 0) return '2';
  return (flags & CharacterRules::kPunctuation) != 0 ? '3' : '1';
}

TEST(CharacterRules, EqualTheTokenizersLibraryOnEveryCodePoint) {
  const Json golden =
      parse_json(read_file("tests/encode/fixtures/character_rules_golden.json"), "character_rules_golden.json");
  const BertNormalizer normalizers[] = {
      BertNormalizer({true, true, std::nullopt, true}), BertNormalizer({true, true, std::nullopt, false}),
      BertNormalizer({false, false, true, false}), BertNormalizer({false, false, false, true})};
  const auto block = static_cast<char32_t>(golden.at("block").as_int());
  ASSERT_EQ(golden.at("digests").size() * block, 0x110000u);
  const std::string end(1, '\0');
  NormalizedText normalized;
  for (char32_t begin = 0; begin < 0x110000; begin += block) {
    Sha256 digest;
    for (char32_t c = begin; c < begin + block; ++c) {
      if (c >= 0xD800 && c <= 0xDFFF) continue;
      for (const BertNormalizer& normalizer : normalizers) {
        for (const char* mark : {"", "\u302E"}) {
          const std::string text = "a" + std::string(mark) + utf8(c) + mark + "b";
          normalizer.normalize({.text = text}, normalized);
          digest.update(normalized.bytes + end);
        }
      }
      digest.update(pieces(c) + end);
    }
    EXPECT_EQ(digest.finish_hex(), golden.at("digests").at(begin / block).as_string())
        << fmt::format("U+{:04X}..U+{:04X}", static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + block - 1));
  }
}

TEST(CharacterRules, WordCharactersAreThoseOfRegularExpressions) {
  for (const char32_t c : {U'a', U'Z', U'7', U'_', U'\u00E9', U'\u6211', U'\u0301', U'\u200D', U'\u0661'}) {
    EXPECT_TRUE(is_word_character(c)) << static_cast<uint32_t>(c);
  }
  for (const char32_t c : {U' ', U'-', U'.', U'$', U'\u00BD', U'\u20AC', U'\U0001F600', U'\u00A0'}) {
    EXPECT_FALSE(is_word_character(c)) << static_cast<uint32_t>(c);
  }
}

}  // namespace
}  // namespace rift::encode::text
