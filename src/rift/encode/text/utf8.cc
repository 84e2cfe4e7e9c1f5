#include "rift/encode/text/utf8.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <cstring>

namespace rift::encode::text {

size_t ascii_prefix(std::string_view text) {
  size_t at = 0;
  uint64_t eight;
  while (text.size() - at >= sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if ((eight & 0x8080808080808080u) != 0) break;
    at += sizeof eight;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

bool is_valid_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  for (auto at = static_cast<int64_t>(ascii_prefix(text)); at < size;) {
    UChar32 c;
    U8_NEXT(bytes, at, size, c);
    if (c < 0) return false;
    if (c >= 0x80) continue;
    at += static_cast<int64_t>(ascii_prefix(text.substr(static_cast<size_t>(at))));
  }
  return true;
}

int64_t count_characters(std::string_view text) {
  return std::ranges::count_if(text, [](char byte) { return !continues_character(byte); });
}

Decoded decode_last(std::string_view text) {
  size_t at = text.size() - 1;
  while (at > 0 && continues_character(text[at])) --at;
  return decode_valid(text, at);
}

RepairedText repair_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  RepairedText valid;
  valid.text.reserve(text.size() + 16);
  for (int64_t at = 0; at < size;) {
    const int64_t begin = at;
    UChar32 c;
    U8_NEXT(bytes, at, size, c);
    if (c >= 0) {
      valid.text.append(text, static_cast<size_t>(begin), static_cast<size_t>(at - begin));
    } else {
      valid.text += "\xEF\xBF\xBD";
      valid.repairs.push_back({static_cast<uint32_t>(valid.text.size()), static_cast<uint32_t>(at)});
    }
  }
  return valid;
}

uint32_t RepairedText::original_place(uint32_t place) const {
  const auto next = std::upper_bound(repairs.begin(), repairs.end(), place,
                                     [](uint32_t p, const Repair& repair) { return p < repair.repaired_end; });
  if (next == repairs.begin()) return place;
  return (next - 1)->original_end + (place - (next - 1)->repaired_end);
}

}  // namespace rift::encode::text
