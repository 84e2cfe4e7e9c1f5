#include "rift/encode/text/pipeline/detailed_words.h"

namespace rift::encode::text {
namespace {

using Detail = CharacterKinds::Detail;

bool is_letter(Detail detail) {
  return detail == Detail::kUpper || detail == Detail::kLower || detail == Detail::kCaseless;
}
/// Of U and of L in the header.
bool may_be_upper(Detail detail) {
  return detail == Detail::kUpper || detail == Detail::kCaseless || detail == Detail::kMark;
}
bool may_be_lower(Detail detail) {
  return detail == Detail::kLower || detail == Detail::kCaseless || detail == Detail::kMark;
}

bool is_ascii_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

}  // namespace

DetailedScanner::Near DetailedScanner::near(size_t at) const {
  const Decoded next = decode_valid(text_, at);
  return {kinds_.detail(next.character), next.bytes};
}

size_t DetailedScanner::lower_end(size_t at) const {
  while (at < text_.size()) {
    const auto [detail, bytes] = near(at);
    if (!may_be_lower(detail)) break;
    at += bytes;
  }
  return at;
}

/// P?U*L+|P?U+L*, or 0. U* takes all it can; L+ then wants a letter that is no capital one behind it, or takes the last
/// character of the run that may be either.
size_t DetailedScanner::cased_word_end(size_t at) const {
  const auto [first, bytes] = near(at);
  const bool has_prefix = !is_letter(first) && first != Detail::kNumber && !is_line_end(text_[at]);
  const size_t begin = has_prefix ? at + bytes : at;
  size_t end = begin, either_end = 0;
  while (end < text_.size()) {
    const auto [detail, size] = near(end);
    if (detail == Detail::kLower) return lower_end(end);
    if (!may_be_upper(detail)) break;
    end += size;
    if (may_be_lower(detail)) either_end = end;
  }
  if (either_end > 0) return either_end;
  if (first == Detail::kMark) return at + bytes;  // as L+ instead of P
  return end > begin ? end : 0;
}

size_t DetailedScanner::cased_end(size_t at, const Cased& options) const {
  if (const size_t end = cased_word_end(at)) {
    const bool quote = options.contractions && end < text_.size() && text_[end] == '\'';
    const size_t behind = quote ? contraction_end(end, true) : 0;
    return behind > 0 ? behind : end;
  }
  const auto [kind, bytes] = look(at);
  const size_t behind = at + bytes;
  if (kind == Kind::kNumber) return digits_end(behind, options.most_digits - 1);
  const bool space_before = text_[at] == ' ' && behind < text_.size() && look(behind).kind == Kind::kOther;
  if (kind == Kind::kOther || space_before) {
    size_t end = run_end(behind, Kind::kOther);
    while (end < text_.size() && (is_line_end(text_[end]) || text_[end] == '/')) ++end;
    return end;
  }
  return blank_end(at, behind);
}

size_t DetailedScanner::signs_end(size_t at) const {
  while (at < text_.size()) {
    const auto [detail, bytes] = near(at);
    if (detail != Detail::kSign) break;
    at += bytes;
  }
  return at;
}

size_t DetailedScanner::letters_and_marks_end(size_t at) const {
  while (at < text_.size()) {
    const auto [detail, bytes] = near(at);
    if (!is_letter(detail) && detail != Detail::kMark) break;
    at += bytes;
  }
  return at;
}

/// [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|
/// \s*[\r\n]+|\s+(?!\S)|\s+, or 0.
size_t DetailedScanner::deepseek_match(size_t at) const {
  const auto [first, bytes] = near(at);
  const size_t behind = at + bytes;
  if (first == Detail::kSign) {
    size_t end = behind;
    while (bytes == 1 && end < text_.size() && is_ascii_letter(text_[end])) ++end;
    return end > behind ? end : line_ends(signs_end(behind));
  }
  const bool is_word = is_letter(first) || first == Detail::kMark;
  if (is_word || !is_line_end(text_[at])) {
    const size_t end = letters_and_marks_end(behind);
    if (is_word || end > behind) return end;
  }
  if (text_[at] == ' ') {
    if (const size_t end = signs_end(behind); end > behind) return line_ends(end);
  }
  return first == Detail::kSpace ? blank_end(at, behind) : 0;
}

size_t DetailedScanner::deepseek_end(size_t at) const {
  if (const size_t end = deepseek_match(at)) return end;
  do {
    at += near(at).bytes;
  } while (at < text_.size() && deepseek_match(at) == 0);
  return at;
}

size_t DetailedScanner::numbers_end(size_t at) const {
  if (const size_t end = digits_end(at, 3); end > at) return end;
  while (at < text_.size() && look(at).kind != Kind::kNumber) at += look(at).bytes;
  return at;
}

bool DetailedScanner::is_ideograph(size_t at) const {
  const char32_t c = decode_valid(text_, at).character;
  return (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0x3040 && c <= 0x30FF);
}

size_t DetailedScanner::ideographs_end(size_t at) const {
  const bool wanted = is_ideograph(at);
  while (at < text_.size() && is_ideograph(at) == wanted) at += decode_valid(text_, at).bytes;
  return at;
}

}  // namespace rift::encode::text
