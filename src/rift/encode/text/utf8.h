#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rift::encode::text {

/// Bytes of the longest ASCII beginning of `text`.
size_t ascii_prefix(std::string_view text);

bool is_valid_utf8(std::string_view text);

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
