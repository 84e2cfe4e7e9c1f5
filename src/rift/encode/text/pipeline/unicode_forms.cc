#include "rift/encode/text/pipeline/unicode_forms.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "rift/base/error.h"
#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr int32_t kMostUnits = 36;  // of a compatibility decomposition: U+FDFA has 18 characters
constexpr int kAgeOfDecomposition = 9;

bool composes(UnicodeForm form) { return form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc; }
bool is_compatible(UnicodeForm form) { return form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd; }

const UNormalizer2* normalizer_of(UnicodeForm form) {
  static const auto all = [] {
    UErrorCode status = U_ZERO_ERROR;
    const std::array<const UNormalizer2*, 4> found = {unorm2_getNFCInstance(&status), unorm2_getNFDInstance(&status),
                                                      unorm2_getNFKCInstance(&status), unorm2_getNFKDInstance(&status)};
    RIFT_CHECK(U_SUCCESS(status));
    return found;
  }();
  return all[static_cast<size_t>(form)];
}

bool is_known(char32_t c) {
  UVersionInfo version;
  u_charAge(static_cast<UChar32>(c), version);
  return version[0] >= 1 && version[0] <= kAgeOfDecomposition;
}

/// A character on its way: `change` as Rewriter::write() takes it.
struct Pending {
  char32_t character = 0;
  uint8_t combining_class = 0;
  int change = 0;
};

void decompose_into(char32_t c, UnicodeForm form, std::vector<Pending>& pending) {
  UChar units[kMostUnits];
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* const rules = normalizer_of(is_compatible(form) ? UnicodeForm::kNfkd : UnicodeForm::kNfd);
  const int32_t size =
      is_known(c) ? unorm2_getDecomposition(rules, static_cast<UChar32>(c), units, kMostUnits, &status) : -1;
  RIFT_CHECK(U_SUCCESS(status) && size <= kMostUnits);
  if (size < 0) return pending.push_back({c, combining_class(c), 0});
  for (int32_t i = 0; i < size;) {
    const int change = i > 0 ? 1 : 0;
    UChar32 part;
    U16_NEXT(units, i, size, part);
    pending.push_back({static_cast<char32_t>(part), combining_class(static_cast<char32_t>(part)), change});
  }
}

void put_in_canonical_order(std::vector<Pending>& pending) {
  for (size_t at = 0; at < pending.size();) {
    if (pending[at++].combining_class == 0) continue;
    const size_t begin = at - 1;
    while (at < pending.size() && pending[at].combining_class != 0) ++at;
    std::ranges::stable_sort(pending.begin() + static_cast<int64_t>(begin), pending.begin() + static_cast<int64_t>(at),
                             {}, &Pending::combining_class);
  }
}

std::optional<char32_t> composed(char32_t a, char32_t b) {
  const UChar32 c =
      unorm2_composePair(normalizer_of(UnicodeForm::kNfc), static_cast<UChar32>(a), static_cast<UChar32>(b));
  if (c < 0 || !is_known(static_cast<char32_t>(c))) return std::nullopt;
  return static_cast<char32_t>(c);
}

/// Composes what lies in canonical order, in place. A mark is blocked from the starter before it by a mark of its own
/// class or a higher one between them.
void compose(std::vector<Pending>& pending) {
  size_t written = 0;
  std::optional<size_t> starter;  // among what is written
  int last_class = -1;            // of what stands behind the starter; -1: nothing
  for (const Pending& one : pending) {
    if (starter && last_class < one.combining_class) {
      if (const auto whole = composed(pending[*starter].character, one.character)) {
        pending[*starter].character = *whole;
        pending[*starter].change += one.change - 1;
        continue;
      }
    }
    if (one.combining_class == 0) {
      starter = written;
      last_class = -1;
    } else {
      last_class = one.combining_class;
    }
    pending[written++] = one;
  }
  pending.resize(written);
}

}  // namespace

bool is_surely_in_form(std::string_view text, UnicodeForm form) {
  static constexpr UProperty kQuickCheck[] = {UCHAR_NFC_QUICK_CHECK, UCHAR_NFD_QUICK_CHECK, UCHAR_NFKC_QUICK_CHECK,
                                              UCHAR_NFKD_QUICK_CHECK};
  size_t at = ascii_prefix(text);
  while (at < text.size()) {
    const Decoded next = decode_valid(text, at);
    const auto c = static_cast<UChar32>(next.character);
    if (u_getIntPropertyValue(c, kQuickCheck[static_cast<size_t>(form)]) != UNORM_YES || u_getCombiningClass(c) != 0) {
      return false;
    }
    at += next.bytes;
    at += ascii_prefix(text.substr(at));
  }
  return true;
}

void write_in_form(const AlignedText& from, UnicodeForm form, AlignedText& to) {
  std::vector<Pending> pending;
  for (size_t at = 0; at < from.bytes.size();) {
    const Decoded next = decode_valid(from.bytes, at);
    decompose_into(next.character, form, pending);
    at += next.bytes;
  }
  put_in_canonical_order(pending);
  if (composes(form)) compose(pending);
  Rewriter writer(from, to);
  for (const Pending& one : pending) writer.write(one.character, one.change);
}

}  // namespace rift::encode::text
