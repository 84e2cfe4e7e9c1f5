#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rift::encode::text {

/// Unicode as the regular expressions of the `tokenizers` library see it (Oniguruma, Unicode 16): letters \p{L},
/// numbers \p{N}, white space \s, and the rest. tests/encode/pipeline_test.cc holds every code point to the library.
class CharacterKinds {
 public:
  enum Kind : uint8_t { kOther, kLetter, kNumber, kSpace, kBeyondAscii };

  /// The general category, as far as patterns tell it apart: Lu and Lt; Ll; Lm and Lo; M; N; P and S; \s; the rest.
  enum class Detail : uint8_t { kRest, kUpper, kLower, kCaseless, kMark, kNumber, kSign, kSpace };

  static const CharacterKinds& instance();

  /// Of a byte of UTF-8; kBeyondAscii when it takes more than the byte to know.
  Kind ascii(uint8_t byte) const { return ascii_[byte]; }
  /// Of a code point <= U+10FFFF.
  Kind of(char32_t c) const { return kinds_[place(c)]; }
  Detail detail(char32_t c) const { return details_[place(c)]; }

 private:
  CharacterKinds();
  size_t place(char32_t c) const { return block_of_[c >> 8] * 256u + (c & 0xFF); }
  std::array<Kind, 256> ascii_;
  std::vector<uint16_t> block_of_;
  std::vector<Kind> kinds_;  // equal blocks of 256 are kept once
  std::vector<Detail> details_;
};

}  // namespace rift::encode::text
