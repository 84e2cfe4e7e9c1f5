#include "rift/encode/text/pipeline/aligned_text.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr size_t kMostUtf8Bytes = 4;  // of a character

}  // namespace

void AlignedText::assign(std::string_view text, size_t first, bool want_origins) {
  constexpr size_t kMostGrowth = 64, kAlwaysAllowed = size_t{1} << 20;
  most_bytes = std::min<size_t>(UINT32_MAX, kMostGrowth * text.size() + kAlwaysAllowed);
  bytes.assign(text);
  begin = static_cast<uint32_t>(first);
  origins = want_origins ? Origins::kSame : Origins::kUnasked;
  origin.clear();
}

void AlignedText::assign_part(const AlignedText& text, size_t first, size_t last) {
  bytes.assign(text.bytes, first, last - first);
  most_bytes = text.most_bytes;
  begin = text.begin + static_cast<uint32_t>(first);
  origins = text.origins;
  origin.clear();
  if (origins != Origins::kListed) return;
  origin.assign(text.origin.begin() + static_cast<int64_t>(first), text.origin.begin() + static_cast<int64_t>(last));
}

Offset AlignedText::original(size_t first, size_t last) const {
  if (origins == Origins::kUnasked) return {};
  if (origins == Origins::kListed) return {origin[first].begin, origin[last - 1].end};
  while (first > 0 && continues_character(bytes[first])) --first;
  while (last < bytes.size() && continues_character(bytes[last])) ++last;
  return {begin + static_cast<uint32_t>(first), begin + static_cast<uint32_t>(last)};
}

Rewriter::Rewriter(const AlignedText& from, AlignedText& to) : from_(from), to_(to) {
  to_.bytes.clear();
  to_.origin.clear();
  to_.begin = from.begin;
  to_.most_bytes = from.most_bytes;
  to_.origins = from.origins == AlignedText::Origins::kUnasked ? from.origins : AlignedText::Origins::kListed;
}

void Rewriter::require_room(size_t bytes) const {
  RIFT_REQUIRE(bytes <= to_.most_bytes - std::min(to_.most_bytes, to_.bytes.size()), Code::kArtefact,
               "the normalizer of the tokenizer makes more than {} bytes of a text; is its file damaged?",
               to_.most_bytes);
}

void Rewriter::append_origins(size_t count, Offset origin) {
  if (to_.origins == AlignedText::Origins::kListed) to_.origin.insert(to_.origin.end(), count, origin);
}

void Rewriter::write(char32_t c, int change) {
  require_room(kMostUtf8Bytes);
  const size_t before = to_.bytes.size();
  append_utf8(to_.bytes, c);
  const size_t written = to_.bytes.size() - before;
  if (change > 0 || at_ >= from_.bytes.size()) {
    return append_origins(written, at_ > 0 ? from_.original(at_ - 1, at_) : Offset{from_.begin, from_.begin});
  }
  append_origins(written, from_.original(at_, at_ + 1));
  for (; change <= 0 && at_ < from_.bytes.size(); ++change) at_ += decode_valid(from_.bytes, at_).bytes;
}

void Rewriter::keep(size_t bytes) {
  require_room(bytes);
  to_.bytes.append(from_.bytes, at_, bytes);
  if (to_.origins == AlignedText::Origins::kListed) {
    for (size_t i = at_; i < at_ + bytes; ++i) to_.origin.push_back(from_.original(i, i + 1));
  }
  at_ += bytes;
}

void Rewriter::replace(size_t bytes, std::string_view text) {
  require_room(text.size());
  to_.bytes += text;
  append_origins(text.size(), from_.original(at_ + bytes - 1, at_ + bytes));
  at_ += bytes;
}

void Rewriter::prepend(std::string_view text) {
  require_room(text.size());
  to_.bytes += text;
  append_origins(text.size(), from_.original(at_, at_ + 1));
}

}  // namespace rift::encode::text
