#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rift::encode::text {

/// Bytes of the longest ASCII beginning of `text`.
size_t ascii_prefix(std::string_view text);

bool is_valid_utf8(std::string_view text);

/// Whether a byte of valid UTF-8 is not the first one of its character.
constexpr bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Characters of a text of valid UTF-8.
int64_t count_characters(std::string_view text);

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
/// The last character of a text that is not empty; the text must be valid UTF-8.
Decoded decode_last(std::string_view text);

/// Appends a code point <= U+10FFFF that is no surrogate.
inline void append_utf8(std::string& bytes, char32_t c) {
  const auto put = [&](char32_t byte) { bytes.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

/// A text made valid UTF-8: U+FFFD stands for every ill-formed part (maximal subpart, Unicode 3.9).
struct RepairedText {
  std::string text;
  /// Byte of the original for a byte of `text` at which a character begins or ends.
  uint32_t original_place(uint32_t place) const;

  struct Repair {
    uint32_t repaired_end = 0, original_end = 0;
  };
  std::vector<Repair> repairs;  // in order of place
};
/// `text` of less than 4 GiB, also once repaired, which may triple it.
RepairedText repair_utf8(std::string_view text);

}  // namespace rift::encode::text
