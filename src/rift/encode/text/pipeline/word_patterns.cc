#include "rift/encode/text/pipeline/word_patterns.h"

#include <algorithm>
#include <array>

#include "rift/base/error.h"
#include "rift/encode/text/pipeline/character_kinds.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr std::string_view kGpt2Text = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3Text =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2Text =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

using Kind = CharacterKinds::Kind;

bool is_line_end(char c) { return c == '\r' || c == '\n'; }

/// Finds where the word that begins at a place ends; places are bytes of the text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text), kinds_(CharacterKinds::instance()) {}

  size_t gpt2_end(size_t at) const {
    if (text_[at] == '\'') {
      if (const size_t end = contraction_end(at, false)) return end;
    }
    const auto [kind, bytes] = look(at);
    if (kind != Kind::kSpace) return run_end(at + bytes, kind);
    if (text_[at] == ' ' && at + 1 < text_.size()) {
      const auto [next, size] = look(at + 1);
      if (next != Kind::kSpace) return run_end(at + 1 + size, next);
    }
    return space_end(at, run_end(at + bytes, Kind::kSpace));
  }

  size_t llama3_end(size_t at, int most_digits) const {
    if (text_[at] == '\'') {
      if (const size_t end = contraction_end(at, true)) return end;
    }
    const auto [kind, bytes] = look(at);
    const size_t behind = at + bytes;
    if (kind == Kind::kLetter) return run_end(behind, kind);
    if (kind == Kind::kNumber) return digits_end(behind, most_digits - 1);
    if (!is_line_end(text_[at]) && behind < text_.size()) {
      const auto [next, size] = look(behind);
      if (next == Kind::kLetter) return run_end(behind + size, next);
      if (text_[at] == ' ' && next == Kind::kOther) return line_ends(run_end(behind + size, next));
    }
    if (kind == Kind::kOther) return line_ends(run_end(behind, kind));
    const size_t end = run_end(behind, Kind::kSpace);
    for (size_t last = end; last > at; --last) {
      if (is_line_end(text_[last - 1])) return last;
    }
    return space_end(at, end);
  }

 private:
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

template <class End>
void append(std::string_view text, uint32_t begin, std::vector<Span>& words, const End& end_of) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = end_of(at);
    words.push_back({begin + static_cast<uint32_t>(at), begin + static_cast<uint32_t>(end)});
    at = end;
  }
}

}  // namespace

std::optional<WordPattern> word_pattern_of(std::string_view regular_expression) {
  if (regular_expression == kGpt2Text) return WordPattern::kGpt2;
  if (regular_expression == kLlama3Text) return WordPattern::kLlama3;
  if (regular_expression == kQwen2Text) return WordPattern::kQwen2;
  return std::nullopt;
}

std::string_view regular_expression(WordPattern pattern) {
  switch (pattern) {
    case WordPattern::kGpt2:
      return kGpt2Text;
    case WordPattern::kLlama3:
      return kLlama3Text;
    case WordPattern::kQwen2:
      return kQwen2Text;
  }
  RIFT_FAIL(Code::kBug, "a pattern without a text");
}

void append_words(WordPattern pattern, std::string_view text, uint32_t begin, std::vector<Span>& words) {
  const Scanner scanner(text);
  switch (pattern) {
    case WordPattern::kGpt2:
      return append(text, begin, words, [&](size_t at) { return scanner.gpt2_end(at); });
    case WordPattern::kLlama3:
      return append(text, begin, words, [&](size_t at) { return scanner.llama3_end(at, 3); });
    case WordPattern::kQwen2:
      return append(text, begin, words, [&](size_t at) { return scanner.llama3_end(at, 1); });
  }
}

}  // namespace rift::encode::text
