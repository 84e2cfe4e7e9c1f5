#include "rift/base/utf8.h"

#include <fmt/format.h>

#include <cstdint>

#include "rift/base/json.h"

namespace rift {
namespace {

bool continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

uint32_t code_point(std::string_view text, size_t at, size_t bytes) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[at + i])); };
  if (bytes == 1) return byte(0);
  if (bytes == 2) return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
  if (bytes == 3) return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
}

struct Block {
  uint32_t first, last;
};
constexpr Block kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xAC00, 0xD7A3},
                           {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6},
                           {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Block kNoWidth[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

template <size_t N>
bool in(const Block (&blocks)[N], uint32_t code) {
  for (const Block& block : blocks) {
    if (code >= block.first && code <= block.last) return true;
  }
  return false;
}

}  // namespace

size_t utf8_sequence_bytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  if (at >= text.size()) return 0;
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t bytes = first >= 0xC2 && first <= 0xDF   ? 2
                       : first >= 0xE0 && first <= 0xEF ? 3
                       : first >= 0xF0 && first <= 0xF4 ? 4
                                                        : 0;
  if (bytes == 0 || at + bytes > text.size()) return 0;
  for (size_t i = 1; i < bytes; ++i) {
    if (!continues(byte(i))) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : bytes;
}

std::optional<size_t> first_invalid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = utf8_sequence_bytes(text, at);
    if (bytes == 0) return at;
    at += bytes;
  }
  return std::nullopt;
}

std::string valid_utf8(std::string_view text) {
  if (!first_invalid_utf8(text)) return std::string(text);
  std::string valid;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = utf8_sequence_bytes(text, at);
    if (bytes == 0)
      valid += "\xEF\xBF\xBD";
    else
      valid += text.substr(at, bytes);
    at += bytes == 0 ? 1 : bytes;
  }
  return valid;
}

std::string one_line(std::string_view text) {
  // U+0080 to U+009F are "\xC2" and a byte of that range.
  const auto is_c1 = [](std::string_view of, size_t at) {
    return of[at] == '\xC2' && at + 1 < of.size() && static_cast<uint8_t>(of[at + 1]) < 0xA0;
  };
  bool plain = true;
  for (size_t at = 0; at < text.size() && plain; ++at) {
    const auto byte = static_cast<uint8_t>(text[at]);
    plain = byte >= 0x20 && byte != 0x7F && !is_c1(text, at);
  }
  if (plain) return std::string(text);
  const std::string quoted = to_json_text(Json(text));
  std::string line;
  for (size_t at = 1; at + 1 < quoted.size(); ++at) {
    const bool wide = is_c1(quoted, at);
    const auto code = static_cast<uint8_t>(quoted[at + (wide ? 1 : 0)]);
    line += wide || code == 0x7F ? fmt::format("\\u{:04x}", code) : std::string(1, quoted[at]);
    if (wide) ++at;
  }
  return line;
}

size_t display_columns(std::string_view text) {
  size_t columns = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = utf8_sequence_bytes(text, at);
    const uint32_t code = bytes == 0 ? 0xFFFD : code_point(text, at, bytes);
    columns += in(kWide, code) ? 2 : in(kNoWidth, code) ? 0 : 1;
    at += bytes == 0 ? 1 : bytes;
  }
  return columns;
}

}  // namespace rift
