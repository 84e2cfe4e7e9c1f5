#include "rift/encode/text/words.h"

#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "rift/base/error.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

struct CloseCaseMap {
  void operator()(UCaseMap* map) const { ucasemap_close(map); }
};

const UCaseMap* root_case_map() {
  static const std::unique_ptr<UCaseMap, CloseCaseMap> map = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<UCaseMap, CloseCaseMap> opened(ucasemap_open("", 0, &status));
    RIFT_CHECK(U_SUCCESS(status));
    return opened;
  }();
  return map.get();
}

/// Python's \w: str.isalnum() or '_'. Every character with a numeric value is a letter or a number by category.
bool is_word(UChar32 c) { return c == '_' || (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0; }

/// Python's str.isspace(): White_Space and the four ASCII separators.
bool is_space(UChar32 c) { return u_isUWhiteSpace(c) || (c >= 0x1C && c <= 0x1F); }

/// Longest runs of characters for which `inside` holds. body(begin, end, characters) in bytes of `text`.
template <class Inside, class Body>
void for_each_run(std::string_view text, const Inside& inside, const Body& body) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  int64_t begin = 0;
  int64_t characters = 0;
  int64_t i = 0;
  while (i < size) {
    const int64_t at = i;
    UChar32 c;
    U8_NEXT_OR_FFFD(bytes, i, size, c);
    if (inside(c)) {
      if (characters++ == 0) begin = at;
    } else if (characters > 0) {
      body(begin, at, characters);
      characters = 0;
    }
  }
  if (characters > 0) body(begin, size, characters);
}

}  // namespace

std::string lower_case(std::string_view text) {
  if (ascii_prefix(text) == text.size()) {
    std::string lowered(text);
    for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return lowered;
  }
  constexpr size_t kMaxBytes =
      std::numeric_limits<int32_t>::max() / 9;  // ICU counts in int32; U+FFFD and case may each triple it
  const std::string valid = repair_utf8(text.substr(0, kMaxBytes)).text;
  std::string lowered(valid.size() + valid.size() / 8 + 16, '\0');
  for (;;) {
    UErrorCode status = U_ZERO_ERROR;
    const int32_t size = ucasemap_utf8ToLower(root_case_map(), lowered.data(), static_cast<int32_t>(lowered.size()),
                                              valid.data(), static_cast<int32_t>(valid.size()), &status);
    const bool too_small = status == U_BUFFER_OVERFLOW_ERROR;
    RIFT_CHECK(too_small || U_SUCCESS(status));
    lowered.resize(static_cast<size_t>(size));
    if (!too_small) return lowered;
  }
}

void for_each_word(std::string_view text, const PieceVisitor& visit) {
  const std::string lowered = lower_case(text);
  for_each_run(lowered, is_word, [&](int64_t begin, int64_t end, int64_t characters) {
    if (characters >= 2)
      visit(std::string_view(lowered).substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
  });
}

void for_each_char_ngram(std::string_view text, const CharacterNgramOptions& options, const PieceVisitor& visit) {
  RIFT_CHECK(options.shortest >= 1 && options.longest >= options.shortest);
  const std::string lowered = lower_case(text);
  std::string padded;
  std::vector<size_t> starts;  // byte of each character of `padded`, then its size
  const auto not_space = [](UChar32 c) { return !is_space(c); };
  for_each_run(lowered, not_space, [&](int64_t begin, int64_t end, int64_t) {
    padded = ' ';
    padded.append(lowered, static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    padded += ' ';
    starts.clear();
    for (size_t i = 0; i < padded.size(); ++i) {
      if (!continues_character(padded[i])) starts.push_back(i);
    }
    const auto length = static_cast<int64_t>(starts.size());
    starts.push_back(padded.size());
    for (int64_t n = options.shortest; n <= options.longest; ++n) {
      const int64_t last = std::max<int64_t>(0, length - n);
      for (int64_t at = 0; at <= last; ++at) {
        const size_t from = starts[static_cast<size_t>(at)];
        visit(std::string_view(padded).substr(from, starts[static_cast<size_t>(std::min(at + n, length))] - from));
      }
      if (last == 0) break;  // the whole word was one gram: longer ones would repeat it
    }
  });
}

}  // namespace rift::encode::text
