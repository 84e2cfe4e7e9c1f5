#include "rift/data/number_style.h"

#include <array>
#include <string>

#include "rift/base/error.h"

namespace rift::data {

namespace {

constexpr std::array<std::string_view, 5> kNames = {"", "decimal_comma", "thousands_comma", "percent",
                                                    "percent_decimal_comma"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

size_t digits_from(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

/// What separates thousands: `point`, or a space of any width in UTF-8 when it is a full stop. 0 = nothing does.
size_t separator_at(std::string_view text, size_t at, char point) {
  if (at >= text.size()) return 0;
  if (text[at] == point) return 1;
  if (point != '.') return 0;
  for (const std::string_view space : {" ", "\u00a0", "\u202f"}) {
    if (text.substr(at).starts_with(space)) return space.size();
  }
  return 0;
}

/// "1.234.567,8" with the signs of a style -> "1234567.8"; empty when it is not written so.
std::string plain_digits(std::string_view text, char thousands, char decimal) {
  std::string plain;
  size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) plain += text[at++];
  size_t digits = digits_from(text, at);
  if (digits == 0) return {};
  plain += text.substr(at, digits);
  at += digits;
  if (digits <= 3) {
    while (const size_t separator = separator_at(text, at, thousands)) {
      if (digits_from(text, at + separator) != 3) break;
      plain += text.substr(at + separator, 3);
      at += separator + 3;
    }
  }
  if (at < text.size() && text[at] == decimal) {
    digits = digits_from(text, at + 1);
    if (digits == 0) return {};
    plain += '.';
    plain += text.substr(at + 1, digits);
    at += 1 + digits;
  }
  return at == text.size() ? plain : std::string();
}

std::string plain_digits(std::string_view text, NumberStyle style) {
  return style == NumberStyle::kDecimalComma ? plain_digits(text, '.', ',') : plain_digits(text, ',', '.');
}

std::string_view before_percent(std::string_view text) { return trim(text.substr(0, text.size() - 1)); }

}  // namespace

std::string_view number_style_name(NumberStyle style) { return kNames[static_cast<size_t>(style)]; }

NumberStyle number_style_from_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<NumberStyle>(i);
  }
  RIFT_FAIL(Code::kArtefact,
            "number_style: expected decimal_comma, thousands_comma, percent or percent_decimal_comma, got '{}'",
            shorten(name));
}

NumberCell parse_number(std::string_view text, NumberStyle style) {
  constexpr NumberCell kNone{NumberCell::State::kNotNumber, 0.0};
  if (style == NumberStyle::kPlain) return parse_number(text);
  if (spells_missing(text)) return {NumberCell::State::kMissing, 0.0};
  text = trim(text);
  if (is_percent(style)) {
    if (!text.ends_with('%')) return kNone;
    text = before_percent(text);
  }
  if (style == NumberStyle::kPercent) {
    const NumberCell cell = parse_number(text);
    return cell.state == NumberCell::State::kNumber ? cell : kNone;
  }
  const std::string plain =
      plain_digits(text, style == NumberStyle::kPercentDecimalComma ? NumberStyle::kDecimalComma : style);
  return plain.empty() ? kNone : parse_number(plain);
}

void NumberShape::see(std::string_view cell) {
  if (!(decimal_ || thousands_ || plain_percent_) || (percents_ && bare_) || spells_missing(cell)) return;
  cell = trim(cell);
  if (cell.ends_with('%')) {
    percents_ = true;
    cell = before_percent(cell);
    plain_percent_ = plain_percent_ && parse_number(cell).state == NumberCell::State::kNumber;
  } else {
    bare_ = true;
    plain_percent_ = false;
  }
  commas_ = commas_ || cell.find(',') != cell.npos;
  decimal_ = decimal_ && !plain_digits(cell, NumberStyle::kDecimalComma).empty();
  thousands_ = thousands_ && !plain_digits(cell, NumberStyle::kThousandsComma).empty();
}

bool NumberShape::fits(NumberStyle style) const {
  if (is_percent(style) ? !percents_ || bare_ : percents_) return false;
  switch (style) {
    case NumberStyle::kPercent:
      return plain_percent_;
    case NumberStyle::kDecimalComma:
    case NumberStyle::kPercentDecimalComma:
      return commas_ && decimal_;
    case NumberStyle::kThousandsComma:
      return commas_ && thousands_;
    case NumberStyle::kPlain:
      break;
  }
  return false;
}

NumberStyle NumberShape::style() const {
  if (ambiguous()) return NumberStyle::kPlain;
  for (const auto style : {NumberStyle::kDecimalComma, NumberStyle::kThousandsComma, NumberStyle::kPercent,
                           NumberStyle::kPercentDecimalComma}) {
    if (fits(style)) return style;
  }
  return NumberStyle::kPlain;
}

}  // namespace rift::data
