#include "rift/encode/text/word_count.h"

#include "rift/base/utf8.h"
#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {

int64_t count_words(std::string_view text) {
  const CharacterRules& rules = CharacterRules::instance();
  int64_t words = 0;
  bool in_word = false;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = utf8_sequence_bytes(text, at);
    const char32_t character = bytes == 0 ? U' ' : decode_valid(text, at).character;
    at += bytes == 0 ? 1 : bytes;
    const bool alone = (rules.flags(character) & CharacterRules::kIdeograph) != 0;
    const bool belongs = !alone && is_word_character(character);
    words += alone || (belongs && !in_word) ? 1 : 0;
    in_word = belongs;
  }
  return words;
}

}  // namespace rift::encode::text
