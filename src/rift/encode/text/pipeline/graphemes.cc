#include "rift/encode/text/pipeline/graphemes.h"

#include <unicode/uchar.h>

#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

struct Character {
  UGraphemeClusterBreak kind = U_GCB_OTHER;
  bool pictographic = false;
  size_t bytes = 0;
};

Character character_at(std::string_view text, size_t at) {
  const Decoded decoded = decode_valid(text, at);
  const auto c = static_cast<UChar32>(decoded.character);
  if (c == 0x0897) return {U_GCB_EXTEND, false, decoded.bytes};  // of Unicode 16, which older ICU lacks
  return {static_cast<UGraphemeClusterBreak>(u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK)),
          u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) != 0, decoded.bytes};
}

bool is_control(UGraphemeClusterBreak kind) { return kind == U_GCB_CONTROL || kind == U_GCB_CR || kind == U_GCB_LF; }

/// GB6 to GB8.
bool is_one_syllable(UGraphemeClusterBreak a, UGraphemeClusterBreak b) {
  if (a == U_GCB_L) return b == U_GCB_L || b == U_GCB_V || b == U_GCB_LV || b == U_GCB_LVT;
  if (a == U_GCB_LV || a == U_GCB_V) return b == U_GCB_V || b == U_GCB_T;
  return (a == U_GCB_LVT || a == U_GCB_T) && b == U_GCB_T;
}

/// What the cluster so far ends with, as GB11 to GB13 ask.
struct State {
  bool after_picture = false;  // ExtPict Extend*
  bool joins_picture = false;  // and ZWJ
  int regional = 0;            // indicators in a row

  void add(const Character& c) {
    joins_picture = after_picture && c.kind == U_GCB_ZWJ;
    after_picture = c.pictographic || (after_picture && c.kind == U_GCB_EXTEND);
    regional = c.kind == U_GCB_REGIONAL_INDICATOR ? regional + 1 : 0;
  }
};

bool stays_together(const Character& last, const Character& next, const State& state) {
  if (last.kind == U_GCB_CR) return next.kind == U_GCB_LF;                         // GB3
  if (is_control(last.kind) || is_control(next.kind)) return false;                // GB4, GB5
  if (is_one_syllable(last.kind, next.kind)) return true;                          // GB6 to GB8
  if (next.kind == U_GCB_EXTEND || next.kind == U_GCB_ZWJ) return true;            // GB9
  if (next.kind == U_GCB_SPACING_MARK || last.kind == U_GCB_PREPEND) return true;  // GB9a, GB9b
  if (state.joins_picture && next.pictographic) return true;                       // GB11
  return next.kind == U_GCB_REGIONAL_INDICATOR && state.regional % 2 == 1;         // GB12, GB13
}

}  // namespace

size_t grapheme_bytes(std::string_view text, size_t at) {
  Character last = character_at(text, at);
  size_t end = at + last.bytes;
  State state;
  state.add(last);
  while (end < text.size()) {
    const Character next = character_at(text, end);
    if (!stays_together(last, next, state)) break;
    state.add(next);
    end += next.bytes;
    last = next;
  }
  return end - at;
}

}  // namespace rift::encode::text
