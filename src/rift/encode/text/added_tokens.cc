#include "rift/encode/text/added_tokens.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

bool stands_alone(std::string_view text, size_t begin, size_t end) {
  return (begin == 0 || !is_word_character(decode_last(text.substr(0, begin)).character)) &&
         (end == text.size() || !is_word_character(decode_valid(text, end).character));
}

size_t without_space_after(std::string_view text, size_t at) {
  while (at < text.size()) {
    const Decoded next = decode_valid(text, at);
    if (!is_space(next.character)) break;
    at += next.bytes;
  }
  return at;
}

std::vector<ByteTrie::Entry> entries_of(const std::vector<AddedTokenMatcher::Pattern>& patterns) {
  std::vector<ByteTrie::Entry> entries;
  for (size_t i = 0; i < patterns.size(); ++i) entries.push_back({patterns[i].text, static_cast<int32_t>(i)});
  return entries;
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<Pattern> patterns)
    : patterns_(std::move(patterns)), trie_(entries_of(patterns_)) {
  for (const Pattern& pattern : patterns_) {
    bool& known = is_first_byte_[static_cast<uint8_t>(pattern.text[0])];
    if (!known) first_bytes_ += pattern.text[0];
    known = true;
  }
}

/// The next byte from `at` on that a pattern begins with, or the end.
size_t AddedTokenMatcher::next_begin(std::string_view text, size_t at) const {
  if (first_bytes_.size() == 1) return std::min(text.find(first_bytes_[0], at), text.size());  // the '[' of BERT's own
  while (at < text.size() && !is_first_byte_[static_cast<uint8_t>(text[at])]) ++at;
  return at;
}

void AddedTokenMatcher::split(std::string_view text, std::vector<Part>& parts) const {
  parts.clear();
  size_t taken = 0;      // end of the last token
  size_t space_end = 0;  // of the white space behind the last one with rstrip, which is walked over once
  for (size_t at = 0; at < text.size() && !patterns_.empty();) {
    at = next_begin(text, at);
    const auto match = trie_.longest(text.substr(at));
    if (match.bytes == 0) {
      ++at;
      continue;
    }
    size_t begin = at;
    size_t end = at + match.bytes;
    at = end;
    const AddedToken& token = patterns_[static_cast<size_t>(match.value)].token;
    if (token.single_word && !stands_alone(text, begin, end)) continue;
    if (token.lstrip) {
      begin = std::max(begin, taken);
      begin = taken + without_space_at_end(text.substr(taken, begin - taken)).size();
    }
    if (token.rstrip) end = space_end = without_space_after(text, std::max(end, space_end));
    if (begin >= end) continue;  // white space that the token before it took along
    if (taken < begin) parts.push_back({taken, begin, -1});
    parts.push_back({begin, end, token.id});
    taken = end;
  }
  if (taken != text.size()) parts.push_back({taken, text.size(), -1});
}

}  // namespace rift::encode::text
