#pragma once

#include <cstddef>
#include <string_view>

#include "rift/encode/text/pipeline/character_kinds.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {

/// What the patterns of word_patterns.h have in common: where stretches that begin at a place of a text end. Places are
/// bytes of the text, which is valid UTF-8 and has to stay.
class WordScanner {
 public:
  using Kind = CharacterKinds::Kind;

  explicit WordScanner(std::string_view text) : text_(text), kinds_(CharacterKinds::instance()) {}

 protected:
  static bool is_line_end(char c) { return c == '\r' || c == '\n'; }

  struct Look {
    Kind kind;
    size_t bytes;
  };
  Look look(size_t at) const {
    const auto byte = static_cast<uint8_t>(text_[at]);
    if (byte < 0x80) return {kinds_.ascii(byte), 1};
    const Decoded next = decode_valid(text_, at);
    return {kinds_.of(next.character), next.bytes};
  }

  size_t run_end(size_t at, Kind kind) const {
    for (;;) {
      while (at < text_.size() && kinds_.ascii(static_cast<uint8_t>(text_[at])) == kind) ++at;
      if (at >= text_.size() || static_cast<uint8_t>(text_[at]) < 0x80) return at;
      const Decoded next = decode_valid(text_, at);
      if (kinds_.of(next.character) != kind) return at;
      at += next.bytes;
    }
  }

  size_t digits_end(size_t at, int most) const {
    for (; most > 0 && at < text_.size(); --most) {
      const auto [kind, bytes] = look(at);
      if (kind != Kind::kNumber) break;
      at += bytes;
    }
    return at;
  }

  size_t line_ends(size_t at) const {
    while (at < text_.size() && is_line_end(text_[at])) ++at;
    return at;
  }

  /// \s*[\r\n]+|\s+(?!\S)|\s+ of white space that begins at `begin` and is white space up to `behind` at least.
  size_t blank_end(size_t begin, size_t behind) const {
    const size_t end = run_end(behind, Kind::kSpace);
    for (size_t last = end; last > begin; --last) {
      if (is_line_end(text_[last - 1])) return last;
    }
    return space_end(begin, end);
  }

  /// \s+(?!\S)|\s+ of white space [begin, end): the last character before a word is left to it, unless it is alone.
  size_t space_end(size_t begin, size_t end) const {
    if (end == text_.size()) return end;
    const size_t last = end - decode_last(text_.substr(begin, end - begin)).bytes;
    return last > begin ? last : end;
  }

  /// Behind 's 't 're 've 'm 'll 'd, or 0. The small long s (U+017F) is an s of either case.
  size_t contraction_end(size_t at, bool any_case) const {
    const auto letter = [&](size_t place) {
      const char c = place < text_.size() ? text_[place] : '\0';
      return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    const char first = letter(at + 1), second = letter(at + 2);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l')) {
      return at + 3;
    }
    return any_case && text_.substr(at + 1).starts_with("\u017F") ? at + 3 : 0;
  }

  std::string_view text_;
  const CharacterKinds& kinds_;
};

}  // namespace rift::encode::text
