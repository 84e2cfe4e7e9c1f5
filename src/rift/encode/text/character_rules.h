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

/// White_Space.
inline bool is_space(char32_t c) { return (CharacterRules::instance().flags(c) & CharacterRules::kSpace) != 0; }

/// `text`, valid UTF-8, without the white space (White_Space) at its end.
std::string_view without_space_at_end(std::string_view text);

/// The class \w of Unicode's regular expressions: Alphabetic, marks, decimal digits, connectors, joiners.
bool is_word_character(char32_t c);

/// Mn, Mc or Me, as far as the library's tables know the character.
bool is_mark_of_any_kind(char32_t c);

}  // namespace rift::encode::text
