#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace rift::encode::text {

/// Unicode as the regular expressions of the `tokenizers` library see it (Oniguruma, Unicode 16): letters \p{L},
/// numbers \p{N}, white space \s, and the rest. tests/encode/pipeline_test.cc holds every code point to the library.
class CharacterKinds {
 public:
  enum Kind : uint8_t { kOther, kLetter, kNumber, kSpace, kBeyondAscii };

  static const CharacterKinds& instance();

  /// Of a byte of UTF-8; kBeyondAscii when it takes more than the byte to know.
  Kind ascii(uint8_t byte) const { return ascii_[byte]; }
  /// Of a code point <= U+10FFFF.
  Kind of(char32_t c) const { return blocks_[block_of_[c >> 8] * 256u + (c & 0xFF)]; }

 private:
  CharacterKinds();
  std::array<Kind, 256> ascii_;
  std::vector<uint16_t> block_of_;
  std::vector<Kind> blocks_;  // equal blocks of 256 are kept once
};

}  // namespace rift::encode::text
