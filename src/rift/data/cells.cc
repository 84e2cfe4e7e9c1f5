#include "rift/data/cells.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace rift::data {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool spells_missing(std::string_view text) {
  text = trim(text);
  if (text.empty()) return true;
  if (text.size() > 4) return false;
  static constexpr std::array<std::string_view, 8> kSpellings = {"na", "n/a", "#n/a", "nan", "null", "none", ".", "?"};
  const std::string lower = lower_case(text);
  for (const auto spelling : kSpellings) {
    if (lower == spelling) return true;
  }
  return false;
}

NumberCell parse_number(std::string_view text) {
  using State = NumberCell::State;
  text = trim(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc::invalid_argument && end == text.data() + text.size()) {
    if (std::isnan(value)) return {State::kMissing, 0.0};
    if (std::isinf(value) || error == std::errc::result_out_of_range) {
      // A number too small for a double is zero, one too large is infinite; from_chars says neither.
      const bool tiny = text.find("e-") != text.npos || text.find("E-") != text.npos;
      return error == std::errc::result_out_of_range && tiny ? NumberCell{State::kNumber, 0.0}
                                                             : NumberCell{State::kInfinite, 0.0};
    }
    return {State::kNumber, value};
  }
  if (spells_missing(text)) return {State::kMissing, 0.0};
  if (text.size() <= 5) {
    const std::string lower = lower_case(text);
    if (lower == "true") return {State::kTruth, 1.0};
    if (lower == "false") return {State::kTruth, 0.0};
  }
  return {State::kNotNumber, 0.0};
}

std::string_view label_text(std::string_view text) {
  text = trim(text);
  const size_t dot = text.find('.');
  if (dot == text.npos || dot == 0 || dot + 1 == text.size()) return text;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    const bool zero_behind = i > dot && text[i] == '0';
    const bool fits = i == dot || (i < dot ? digit || (i == 0 && text[i] == '-' && dot > 1) : zero_behind);
    if (!fits) return text;
  }
  return text.substr(0, dot);
}

}  // namespace rift::data
