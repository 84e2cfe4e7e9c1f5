#include "rift/base/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

namespace rift {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class... Base>
std::optional<int64_t> whole(std::string_view text, Base... base) {
  int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value, base...);
  if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// [-+]? ( . [0-9]+ | [0-9]+ ( . [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?  of the core schema; from_chars alone would also
// take "inf" and leave out "1.".
bool is_number(std::string_view unsigned_text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t before = at;
    while (at < unsigned_text.size() && is_digit(unsigned_text[at])) ++at;
    return at - before;
  };
  const size_t integer_digits = digits();
  size_t fraction_digits = 0;
  if (at < unsigned_text.size() && unsigned_text[at] == '.') ++at, fraction_digits = digits();
  if (integer_digits + fraction_digits == 0) return false;
  if (at < unsigned_text.size() && (unsigned_text[at] == 'e' || unsigned_text[at] == 'E')) {
    ++at;
    if (at < unsigned_text.size() && (unsigned_text[at] == '-' || unsigned_text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == unsigned_text.size();
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

Json yaml_plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return Json();
  if (text == "true" || text == "True" || text == "TRUE") return Json(true);
  if (text == "false" || text == "False" || text == "FALSE") return Json(false);
  if (text.starts_with("0x")) {
    if (const auto value = whole(text.substr(2), 16); value && text[2] != '-') return Json(*value);
    return Json(text);
  }
  if (text.starts_with("0o")) {
    if (const auto value = whole(text.substr(2), 8); value && text[2] != '-') return Json(*value);
    return Json(text);
  }
  const bool is_signed = text[0] == '-' || text[0] == '+';
  const std::string_view unsigned_text = text.substr(is_signed ? 1 : 0);
  if (!is_number(unsigned_text)) return Json(text);
  const bool only_digits = std::all_of(unsigned_text.begin(), unsigned_text.end(), is_digit);
  if (only_digits && unsigned_text.size() > 1 && unsigned_text[0] == '0') return Json(text);
  const std::string_view without_plus = text[0] == '+' ? unsigned_text : text;
  if (only_digits) {
    if (const auto value = whole(without_plus)) return Json(*value);
  }
  if (const auto value = number(without_plus)) return Json(*value);
  return Json(text);
}

}  // namespace rift
