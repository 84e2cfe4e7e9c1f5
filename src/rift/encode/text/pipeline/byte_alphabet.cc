#include "rift/encode/text/pipeline/byte_alphabet.h"

#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr char32_t kFirstStandIn = 0x100;

bool stands_for_itself(char32_t c) {
  return (c >= '!' && c <= '~') || (c >= 0xA1 && c <= 0xAC) || (c >= 0xAE && c <= 0xFF);
}

/// The bytes behind U+0100, U+0101 ...
std::string stood_in_for() {
  std::string bytes;
  for (char32_t c = 0; c < 256; ++c) {
    if (!stands_for_itself(c)) bytes += static_cast<char>(c);
  }
  return bytes;
}

const std::string& stand_ins() {
  static const std::string bytes = stood_in_for();
  return bytes;
}

}  // namespace

char32_t character_of_byte(uint8_t byte) {
  if (stands_for_itself(byte)) return byte;
  return kFirstStandIn + static_cast<char32_t>(stand_ins().find(static_cast<char>(byte)));
}

std::optional<std::string> bytes_written_as(std::string_view token) {
  std::string bytes;
  for (size_t at = 0; at < token.size();) {
    const Decoded next = decode_valid(token, at);
    const char32_t c = next.character;
    if (stands_for_itself(c)) {
      bytes += static_cast<char>(c);
    } else if (c >= kFirstStandIn && c - kFirstStandIn < stand_ins().size()) {
      bytes += stand_ins()[c - kFirstStandIn];
    } else {
      return std::nullopt;
    }
    at += next.bytes;
  }
  return bytes;
}

}  // namespace rift::encode::text
