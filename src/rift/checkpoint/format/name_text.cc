#include "rift/checkpoint/format/name_text.h"

#include <algorithm>

#include "rift/base/error.h"

namespace rift::checkpoint::format {

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
}

std::string shown_name(std::string_view name) {
  std::string text = shorten(name);
  for (char& c : text) {
    if (!is_printable_ascii(std::string_view(&c, 1))) c = '?';
  }
  return text;
}

}  // namespace rift::checkpoint::format
