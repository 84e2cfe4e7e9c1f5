#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rift {

/// Length in bytes (1 to 4) of the well-formed UTF-8 sequence that begins at `at`; 0 when what stands there is not one
/// (overlong forms, surrogates and values above U+10FFFF included). Source: Unicode 15, table 3-7.
size_t utf8_sequence_bytes(std::string_view text, size_t at);

/// Offset of the first byte that belongs to no well-formed sequence.
std::optional<size_t> first_invalid_utf8(std::string_view text);

/// The text with every ill-formed byte replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

/// The text with its control characters as JSON escapes (C0, DEL and C1, in which terminals' sequences begin), so that
/// what stands in files of others can neither break a line nor drive the terminal. A text without any stays as it is.
std::string one_line(std::string_view text);

/// Columns that a terminal needs for the text: 2 for East Asian wide characters, 0 for combining marks, else 1.
/// The wide blocks are those of CJK, kana, hangul, full-width forms and emoji; enough for lining up a table.
size_t display_columns(std::string_view text);

}  // namespace rift
