#include "rift/encode/text/pipeline/character_kinds.h"

#include <unicode/uchar.h>

#include <map>

namespace rift::encode::text {
namespace {

constexpr int kAge = 16;  // of Unicode

using Detail = CharacterKinds::Detail;

/// Of Unicode 15.1 and 16, which older ICU lacks.
struct NewDetail {
  char32_t first, last;
  Detail detail;
};
constexpr NewDetail kNewDetails[] = {
    {0x897, 0x897, Detail::kMark},         {0x1B4E, 0x1B4F, Detail::kSign},       {0x1B7F, 0x1B7F, Detail::kSign},
    {0x1C89, 0x1C89, Detail::kUpper},      {0x1C8A, 0x1C8A, Detail::kLower},      {0x2427, 0x2429, Detail::kSign},
    {0x2FFC, 0x2FFF, Detail::kSign},       {0x31E4, 0x31E5, Detail::kSign},       {0x31EF, 0x31EF, Detail::kSign},
    {0xA7CB, 0xA7CC, Detail::kUpper},      {0xA7CD, 0xA7CD, Detail::kLower},      {0xA7DA, 0xA7DA, Detail::kUpper},
    {0xA7DB, 0xA7DB, Detail::kLower},      {0xA7DC, 0xA7DC, Detail::kUpper},      {0x105C0, 0x105F3, Detail::kCaseless},
    {0x10D40, 0x10D49, Detail::kNumber},   {0x10D4A, 0x10D4F, Detail::kCaseless}, {0x10D50, 0x10D65, Detail::kUpper},
    {0x10D69, 0x10D6D, Detail::kMark},     {0x10D6E, 0x10D6E, Detail::kSign},     {0x10D6F, 0x10D6F, Detail::kCaseless},
    {0x10D70, 0x10D85, Detail::kLower},    {0x10D8E, 0x10D8F, Detail::kSign},     {0x10EC2, 0x10EC4, Detail::kCaseless},
    {0x10EFC, 0x10EFC, Detail::kMark},     {0x11380, 0x11389, Detail::kCaseless}, {0x1138B, 0x1138B, Detail::kCaseless},
    {0x1138E, 0x1138E, Detail::kCaseless}, {0x11390, 0x113B5, Detail::kCaseless}, {0x113B7, 0x113B7, Detail::kCaseless},
    {0x113B8, 0x113C0, Detail::kMark},     {0x113C2, 0x113C2, Detail::kMark},     {0x113C5, 0x113C5, Detail::kMark},
    {0x113C7, 0x113CA, Detail::kMark},     {0x113CC, 0x113D0, Detail::kMark},     {0x113D1, 0x113D1, Detail::kCaseless},
    {0x113D2, 0x113D2, Detail::kMark},     {0x113D3, 0x113D3, Detail::kCaseless}, {0x113D4, 0x113D5, Detail::kSign},
    {0x113D7, 0x113D8, Detail::kSign},     {0x113E1, 0x113E2, Detail::kMark},     {0x116D0, 0x116E3, Detail::kNumber},
    {0x11BC0, 0x11BE0, Detail::kCaseless}, {0x11BE1, 0x11BE1, Detail::kSign},     {0x11BF0, 0x11BF9, Detail::kNumber},
    {0x11F5A, 0x11F5A, Detail::kMark},     {0x13460, 0x143FA, Detail::kCaseless}, {0x16100, 0x1611D, Detail::kCaseless},
    {0x1611E, 0x1612F, Detail::kMark},     {0x16130, 0x16139, Detail::kNumber},   {0x16D40, 0x16D6C, Detail::kCaseless},
    {0x16D6D, 0x16D6F, Detail::kSign},     {0x16D70, 0x16D79, Detail::kNumber},   {0x18CFF, 0x18CFF, Detail::kCaseless},
    {0x1CC00, 0x1CCEF, Detail::kSign},     {0x1CCF0, 0x1CCF9, Detail::kNumber},   {0x1CD00, 0x1CEB3, Detail::kSign},
    {0x1E5D0, 0x1E5ED, Detail::kCaseless}, {0x1E5EE, 0x1E5EF, Detail::kMark},     {0x1E5F0, 0x1E5F0, Detail::kCaseless},
    {0x1E5F1, 0x1E5FA, Detail::kNumber},   {0x1E5FF, 0x1E5FF, Detail::kSign},     {0x1F8B2, 0x1F8BB, Detail::kSign},
    {0x1F8C0, 0x1F8C1, Detail::kSign},     {0x1FA89, 0x1FA89, Detail::kSign},     {0x1FA8F, 0x1FA8F, Detail::kSign},
    {0x1FABE, 0x1FABE, Detail::kSign},     {0x1FAC6, 0x1FAC6, Detail::kSign},     {0x1FADC, 0x1FADC, Detail::kSign},
    {0x1FADF, 0x1FADF, Detail::kSign},     {0x1FAE9, 0x1FAE9, Detail::kSign},     {0x1FBCB, 0x1FBEF, Detail::kSign},
    {0x2EBF0, 0x2EE5D, Detail::kCaseless},
};

Detail detail_of(char32_t c) {
  const auto point = static_cast<UChar32>(c);
  if (u_isUWhiteSpace(point)) return Detail::kSpace;
  for (const NewDetail& one : kNewDetails) {
    if (c >= one.first && c <= one.last) return one.detail;
  }
  UVersionInfo age;
  u_charAge(point, age);
  if (age[0] < 1 || age[0] > kAge) return Detail::kRest;
  const uint32_t category = U_GET_GC_MASK(point);
  if ((category & (U_GC_LU_MASK | U_GC_LT_MASK)) != 0) return Detail::kUpper;
  if ((category & U_GC_LL_MASK) != 0) return Detail::kLower;
  if ((category & (U_GC_LM_MASK | U_GC_LO_MASK)) != 0) return Detail::kCaseless;
  if ((category & U_GC_M_MASK) != 0) return Detail::kMark;
  if ((category & U_GC_N_MASK) != 0) return Detail::kNumber;
  return (category & (U_GC_P_MASK | U_GC_S_MASK)) != 0 ? Detail::kSign : Detail::kRest;
}

CharacterKinds::Kind kind_of(Detail detail) {
  switch (detail) {
    case Detail::kUpper:
    case Detail::kLower:
    case Detail::kCaseless:
      return CharacterKinds::kLetter;
    case Detail::kNumber:
      return CharacterKinds::kNumber;
    case Detail::kSpace:
      return CharacterKinds::kSpace;
    case Detail::kMark:
    case Detail::kSign:
    case Detail::kRest:
      break;
  }
  return CharacterKinds::kOther;
}

}  // namespace

CharacterKinds::CharacterKinds() : block_of_(0x110000 / 256) {
  std::map<std::array<Detail, 256>, uint16_t> known;
  for (size_t block = 0; block < block_of_.size(); ++block) {
    std::array<Detail, 256> details;
    for (size_t i = 0; i < 256; ++i) details[i] = detail_of(static_cast<char32_t>(block * 256 + i));
    const auto [place, added] = known.emplace(details, static_cast<uint16_t>(known.size()));
    if (added) details_.insert(details_.end(), details.begin(), details.end());
    block_of_[block] = place->second;
  }
  for (const Detail detail : details_) kinds_.push_back(kind_of(detail));
  for (size_t byte = 0; byte < 256; ++byte) ascii_[byte] = byte < 0x80 ? of(static_cast<char32_t>(byte)) : kBeyondAscii;
}

const CharacterKinds& CharacterKinds::instance() {
  static const CharacterKinds kinds;
  return kinds;
}

}  // namespace rift::encode::text
