#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rift::encode::text {

/// Unicode as BERT's tokenizers see it: the tables of the `tokenizers` library (0.22: categories of Unicode 8,
/// decomposition of Unicode 9, lower case of Unicode 17), derived from ICU's by the age of each character and a short
/// list of characters that changed since. tests/encode/character_rules_test.cc holds every code point to the library.
class CharacterRules {
 public:
  enum Flag : uint8_t {
    kSpace = 1,        // White_Space
    kControl = 2,      // what clean_text removes: Cc but tab, LF, CR; Cf; Co; NUL; U+FFFD
    kIdeograph = 4,    // what handle_chinese_chars sets apart
    kPunctuation = 8,  // a word of its own
    kMark = 16,        // Mn, which strip_accents removes
    kDecomposes = 32,  // has a canonical decomposition, Hangul syllables included
    kReorders = 64,    // canonical combining class > 0
    kHasLowerCase = 128
  };

  static const CharacterRules& instance();

  /// Flags of a code point <= U+10FFFF.
  uint8_t flags(char32_t c) const { return blocks_[block_of_[c >> 8] * 256u + (c & 0xFF)]; }

 private:
  CharacterRules();
  std::vector<uint16_t> block_of_;
  std::vector<uint8_t> blocks_;  // equal blocks of 256 are kept once
};

/// At most `kMostDecomposed` characters of the full canonical decomposition, or `c` itself.
constexpr int kMostDecomposed = 4;
int decompose(char32_t c, char32_t (&out)[kMostDecomposed]);
uint8_t combining_class(char32_t c);
/// Full mapping without context: 1 character, for U+0130 2.
int lower_case(char32_t c, char32_t (&out)[2]);

/// The class \w of Unicode's regular expressions: Alphabetic, marks, decimal digits, connectors, joiners.
bool is_word_character(char32_t c);

struct Decoded {
  char32_t character = 0;
  uint32_t bytes = 0;
};
/// The character that begins at text[at]; the text must be valid UTF-8.
inline Decoded decode_valid(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[at + i])); };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first < 0xF0) return {(first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F), 4};
}

}  // namespace rift::encode::text
