#pragma once

#include <cstdint>
#include <string_view>

#include "rift/encode/text/pipeline/aligned_text.h"

namespace rift::encode::text {

enum class UnicodeForm : uint8_t { kNfc, kNfd, kNfkc, kNfkd };

/// Whether `text` (valid UTF-8) surely is in the form already; false where it takes more than a look to know.
bool is_surely_in_form(std::string_view text, UnicodeForm form);

/// Writes `from` in a form of Unicode (UAX 15) into `to`, with the tables and origins of the `tokenizers` library:
/// characters that are newer than Unicode 9 stay as they are. Linear time, but for runs of marks, which are sorted.
void write_in_form(const AlignedText& from, UnicodeForm form, AlignedText& to);

}  // namespace rift::encode::text
