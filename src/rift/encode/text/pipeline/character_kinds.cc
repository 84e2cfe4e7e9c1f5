#include "rift/encode/text/pipeline/character_kinds.h"

#include <unicode/uchar.h>

#include <map>

namespace rift::encode::text {
namespace {

constexpr int kAge = 16;  // of Unicode

/// Letters and numbers of Unicode 15.1 and 16, which older ICU lacks.
struct NewKind {
  char32_t first, last;
  CharacterKinds::Kind kind;
};
constexpr NewKind kNewKinds[] = {
    {0x1C89, 0x1C8A, CharacterKinds::kLetter},   {0xA7CB, 0xA7CD, CharacterKinds::kLetter},
    {0xA7DA, 0xA7DC, CharacterKinds::kLetter},   {0x105C0, 0x105F3, CharacterKinds::kLetter},
    {0x10D40, 0x10D49, CharacterKinds::kNumber}, {0x10D4A, 0x10D65, CharacterKinds::kLetter},
    {0x10D6F, 0x10D85, CharacterKinds::kLetter}, {0x10EC2, 0x10EC4, CharacterKinds::kLetter},
    {0x11380, 0x11389, CharacterKinds::kLetter}, {0x1138B, 0x1138B, CharacterKinds::kLetter},
    {0x1138E, 0x1138E, CharacterKinds::kLetter}, {0x11390, 0x113B5, CharacterKinds::kLetter},
    {0x113B7, 0x113B7, CharacterKinds::kLetter}, {0x113D1, 0x113D1, CharacterKinds::kLetter},
    {0x113D3, 0x113D3, CharacterKinds::kLetter}, {0x116D0, 0x116E3, CharacterKinds::kNumber},
    {0x11BC0, 0x11BE0, CharacterKinds::kLetter}, {0x11BF0, 0x11BF9, CharacterKinds::kNumber},
    {0x13460, 0x143FA, CharacterKinds::kLetter}, {0x16100, 0x1611D, CharacterKinds::kLetter},
    {0x16130, 0x16139, CharacterKinds::kNumber}, {0x16D40, 0x16D6C, CharacterKinds::kLetter},
    {0x16D70, 0x16D79, CharacterKinds::kNumber}, {0x18CFF, 0x18CFF, CharacterKinds::kLetter},
    {0x1CCF0, 0x1CCF9, CharacterKinds::kNumber}, {0x1E5D0, 0x1E5ED, CharacterKinds::kLetter},
    {0x1E5F0, 0x1E5F0, CharacterKinds::kLetter}, {0x1E5F1, 0x1E5FA, CharacterKinds::kNumber},
    {0x2EBF0, 0x2EE5D, CharacterKinds::kLetter},
};

CharacterKinds::Kind kind_of(char32_t c) {
  const auto point = static_cast<UChar32>(c);
  if (u_isUWhiteSpace(point)) return CharacterKinds::kSpace;
  for (const NewKind& one : kNewKinds) {
    if (c >= one.first && c <= one.last) return one.kind;
  }
  UVersionInfo age;
  u_charAge(point, age);
  if (age[0] < 1 || age[0] > kAge) return CharacterKinds::kOther;
  const uint32_t category = U_GET_GC_MASK(point);
  if ((category & U_GC_L_MASK) != 0) return CharacterKinds::kLetter;
  return (category & U_GC_N_MASK) != 0 ? CharacterKinds::kNumber : CharacterKinds::kOther;
}

}  // namespace

CharacterKinds::CharacterKinds() : block_of_(0x110000 / 256) {
  std::map<std::array<Kind, 256>, uint16_t> known;
  for (size_t block = 0; block < block_of_.size(); ++block) {
    std::array<Kind, 256> kinds;
    for (size_t i = 0; i < 256; ++i) kinds[i] = kind_of(static_cast<char32_t>(block * 256 + i));
    const auto [place, added] = known.emplace(kinds, static_cast<uint16_t>(known.size()));
    if (added) blocks_.insert(blocks_.end(), kinds.begin(), kinds.end());
    block_of_[block] = place->second;
  }
  for (size_t byte = 0; byte < 256; ++byte) ascii_[byte] = byte < 0x80 ? of(static_cast<char32_t>(byte)) : kBeyondAscii;
}

const CharacterKinds& CharacterKinds::instance() {
  static const CharacterKinds kinds;
  return kinds;
}

}  // namespace rift::encode::text
