#pragma once

#include <cstddef>
#include <string_view>

namespace rift::encode::text {

/// Bytes of the extended grapheme cluster (UAX 29) that begins at text[at], a boundary of the text; valid UTF-8.
/// By ICU's tables and without rule GB9c (conjuncts of Indic scripts, Unicode 15.1): a reader of clusters of less than
/// 6 bytes sees no difference.
size_t grapheme_bytes(std::string_view text, size_t at);

}  // namespace rift::encode::text
