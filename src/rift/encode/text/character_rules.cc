#include "rift/encode/text/character_rules.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <map>

#include "rift/base/error.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr char32_t kCharacters = 0x110000;
constexpr int kAgeOfCategories = 8;
constexpr int kAgeOfDecomposition = 9;

struct Range {
  char32_t first, last;
};

bool in(std::initializer_list<Range> ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [&](Range r) { return c >= r.first && c <= r.last; });
}

int age(char32_t c) {
  UVersionInfo version;
  u_charAge(static_cast<UChar32>(c), version);
  return version[0];
}

/// Lower-case pairs of Unicode 16 and 17, which older ICU lacks: `first`..`last` go to `target`...
struct NewCase {
  char32_t first, last, target;
};
constexpr NewCase kNewCases[] = {
    {0x1C89, 0x1C89, 0x1C8A},    {0xA7CB, 0xA7CB, 0x0264},    {0xA7CC, 0xA7CC, 0xA7CD}, {0xA7CE, 0xA7CE, 0xA7CF},
    {0xA7D2, 0xA7D2, 0xA7D3},    {0xA7D4, 0xA7D4, 0xA7D5},    {0xA7DA, 0xA7DA, 0xA7DB}, {0xA7DC, 0xA7DC, 0x019B},
    {0x10D50, 0x10D65, 0x10D70}, {0x16EA0, 0x16EB8, 0x16EBB},
};

char32_t simple_lower_case(char32_t c) {
  for (const NewCase& one : kNewCases) {
    if (c >= one.first && c <= one.last) return one.target + (c - one.first);
  }
  return static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
}

bool is_control(char32_t c, bool known) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  const auto category = u_charType(static_cast<UChar32>(c));
  const bool other = category == U_CONTROL_CHAR || category == U_FORMAT_CHAR || category == U_PRIVATE_USE_CHAR;
  return c == 0 || c == 0xFFFD || (other && known);
}

bool is_ideograph(char32_t c) {  // the library's blocks; U+2B820..U+2B91F are not among them
  return in({{0x4E00, 0x9FFF},
             {0x3400, 0x4DBF},
             {0xF900, 0xFAFF},
             {0x20000, 0x2A6DF},
             {0x2A700, 0x2B81F},
             {0x2B920, 0x2CEAF},
             {0x2F800, 0x2FA1F}},
            c);
}

bool is_punctuation(char32_t c, bool known) {
  if (c < 0x80) return in({{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, c);
  if (c == 0x166D || c == 0x111C9) return true;  // became So and Mn later
  return known && (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_P_MASK) != 0;
}

bool is_mark(char32_t c, bool known) {
  if (c == 0x1734) return true;                                                       // became Mc later
  if (in({{0x1885, 0x1886}, {0xA9BD, 0xA9BD}, {0x111C9, 0x111C9}}, c)) return false;  // became Mn later
  return known && u_charType(static_cast<UChar32>(c)) == U_NON_SPACING_MARK;
}

const UNormalizer2* canonical_normalizer() {
  static const UNormalizer2* const normalizer = [] {
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* found = unorm2_getNFCInstance(&status);
    RIFT_CHECK(U_SUCCESS(status));
    return found;
  }();
  return normalizer;
}

uint8_t flags_of(char32_t c) {
  if (c >= 0xD800 && c <= 0xDFFF) return 0;
  const int since = age(c);
  const bool known = since >= 1 && since <= kAgeOfCategories;
  const bool normalizes = since >= 1 && since <= kAgeOfDecomposition;
  char32_t decomposed[kMostDecomposed];
  uint8_t flags = 0;
  if (u_isUWhiteSpace(static_cast<UChar32>(c))) flags |= CharacterRules::kSpace;
  if (is_control(c, known)) flags |= CharacterRules::kControl;
  if (is_ideograph(c)) flags |= CharacterRules::kIdeograph;
  if (is_punctuation(c, known)) flags |= CharacterRules::kPunctuation;
  if (is_mark(c, known)) flags |= CharacterRules::kMark;
  if (normalizes && (decompose(c, decomposed) != 1 || decomposed[0] != c)) flags |= CharacterRules::kDecomposes;
  if (normalizes && u_getCombiningClass(static_cast<UChar32>(c)) != 0) flags |= CharacterRules::kReorders;
  if (simple_lower_case(c) != c) flags |= CharacterRules::kHasLowerCase;
  return flags;
}

}  // namespace

CharacterRules::CharacterRules() : block_of_(kCharacters / 256) {
  std::map<std::array<uint8_t, 256>, uint16_t> known;
  for (size_t block = 0; block < block_of_.size(); ++block) {
    std::array<uint8_t, 256> flags;
    for (size_t i = 0; i < 256; ++i) flags[i] = flags_of(static_cast<char32_t>(block * 256 + i));
    const auto [place, added] = known.emplace(flags, static_cast<uint16_t>(known.size()));
    if (added) blocks_.insert(blocks_.end(), flags.begin(), flags.end());
    block_of_[block] = place->second;
  }
}

const CharacterRules& CharacterRules::instance() {
  static const CharacterRules rules;
  return rules;
}

int decompose(char32_t c, char32_t (&out)[kMostDecomposed]) {
  UChar units[2 * kMostDecomposed];
  UErrorCode status = U_ZERO_ERROR;
  const int32_t size = unorm2_getDecomposition(canonical_normalizer(), static_cast<UChar32>(c), units,
                                               static_cast<int32_t>(std::size(units)), &status);
  RIFT_CHECK(U_SUCCESS(status) && size <= static_cast<int32_t>(std::size(units)));
  out[0] = c;
  if (size <= 0) return 1;
  int count = 0;
  for (int32_t i = 0; i < size;) {
    UChar32 part;
    U16_NEXT(units, i, size, part);
    RIFT_CHECK(count < kMostDecomposed);
    out[count++] = static_cast<char32_t>(part);
  }
  return count;
}

uint8_t combining_class(char32_t c) {
  return (CharacterRules::instance().flags(c) & CharacterRules::kReorders) == 0
             ? uint8_t{0}
             : u_getCombiningClass(static_cast<UChar32>(c));
}

int lower_case(char32_t c, char32_t (&out)[2]) {
  if (c == 0x0130) {
    out[0] = 'i';
    out[1] = 0x0307;
    return 2;
  }
  out[0] = simple_lower_case(c);
  return 1;
}

std::string_view without_space_at_end(std::string_view text) {
  while (!text.empty()) {
    const Decoded last = decode_last(text);
    if (!is_space(last.character)) break;
    text.remove_suffix(last.bytes);
  }
  return text;
}

bool is_word_character(char32_t c) {
  const auto point = static_cast<UChar32>(c);
  return u_hasBinaryProperty(point, UCHAR_ALPHABETIC) || u_hasBinaryProperty(point, UCHAR_JOIN_CONTROL) ||
         (U_GET_GC_MASK(point) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0;
}

bool is_mark_of_any_kind(char32_t c) {
  if (c == 0x111C9) return false;               // became Mn later
  if (c == 0x1CF2 || c == 0x1CF3) return true;  // became Lo later
  return age(c) <= kAgeOfDecomposition && (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_M_MASK) != 0;
}

}  // namespace rift::encode::text
