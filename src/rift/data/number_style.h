#pragma once

#include <cstdint>
#include <string_view>

#include "rift/data/cells.h"

namespace rift::data {

/// How a column of text writes its numbers.
///   kPlain           1234.5, as C does
///   kDecimalComma    1234,5  1.234,5  1 234,5
///   kThousandsComma  1,234.5
///   kPercent              12.5%  12.5 %, which is 12.5
///   kPercentDecimalComma  12,5%
enum class NumberStyle { kPlain, kDecimalComma, kThousandsComma, kPercent, kPercentDecimalComma };
/// "", "decimal_comma", "thousands_comma", "percent", "percent_decimal_comma"
std::string_view number_style_name(NumberStyle style);
inline bool is_percent(NumberStyle style) {
  return style == NumberStyle::kPercent || style == NumberStyle::kPercentDecimalComma;
}
NumberStyle number_style_from_name(std::string_view name);

/// parse_number() of a cell in a column of that style. A number of another style is kNotNumber: 1234.5 among decimal
/// commas is a mistake, not twelve thousand, and 12 among per cents may be a share of one.
NumberCell parse_number(std::string_view text, NumberStyle style);

/// Watches the cells of a column: is it one of numbers with commas or signs of per cent, and what do the commas mean?
class NumberShape {
 public:
  void see(std::string_view cell);
  /// Every cell is a number of that style, spelled missing or empty, and some have its comma, all its sign of per cent.
  bool fits(NumberStyle style) const;
  /// Both readings of commas fit, as of 1,234 alone: it cannot be told which is meant.
  bool ambiguous() const { return commas_ && decimal_ && thousands_ && !(percents_ && bare_); }
  /// The one style other than kPlain that fits; kPlain when none does or the commas are ambiguous.
  NumberStyle style() const;

 private:
  bool commas_ = false;
  bool decimal_ = true;
  bool thousands_ = true;
  bool plain_percent_ = true;  // every cell is a plain number before its sign of per cent
  bool percents_ = false;      // some cell has a sign of per cent
  bool bare_ = false;          // some cell has none
};

}  // namespace rift::data
