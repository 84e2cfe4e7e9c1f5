#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rift::encode::text {

/// GPT-2's alphabet (Radford et al. 2019, encoder.py, bytes_to_unicode): each byte as a printable character, itself
/// where it is one in Latin-1, else U+0100 and the following. The bytes that `token` writes; unset when a character of
/// it is not of the alphabet.
std::optional<std::string> bytes_written_as(std::string_view token);

/// The character that stands for a byte.
char32_t character_of_byte(uint8_t byte);

/// The space of the alphabet, as a character and in UTF-8.
inline constexpr char32_t kWrittenSpace = 0x120;
inline constexpr std::string_view kWrittenSpaceText = "\u0120";

}  // namespace rift::encode::text
