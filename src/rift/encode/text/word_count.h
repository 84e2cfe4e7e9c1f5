#pragma once

#include <cstdint>
#include <string_view>

namespace rift::encode::text {

/// Words of a text: runs of word characters (Unicode's \w), and every Chinese character alone, as such texts have no
/// spaces. Invalid UTF-8 ends a word. Linear time.
int64_t count_words(std::string_view text);

}  // namespace rift::encode::text
