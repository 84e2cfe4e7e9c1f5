#pragma once

#include <cstdint>
#include <string_view>

#include "rift/data/cells.h"

namespace rift::data {

/// How a column of text writes its numbers.
///   kPlain           1234.5, as C does
///   kDecimalComma    1234,5  1.234,5  1 234,5
///   kThousandsComma  1,234.5
enum class NumberStyle { kPlain, kDecimalComma, kThousandsComma };
std::string_view number_style_name(NumberStyle style);  // "", "decimal_comma", "thousands_comma"
NumberStyle number_style_from_name(std::string_view name);

/// parse_number() of a cell in a column of that style. A number of another style is kNotNumber: 1234.5 among decimal
/// commas is a mistake, not twelve thousand.
NumberCell parse_number(std::string_view text, NumberStyle style);

/// Watches the cells of a column: is it one of numbers with commas, and what do the commas mean?
class NumberShape {
 public:
  void see(std::string_view cell);
  /// Every cell is a number of that style, spelled missing or empty, and some have a comma.
  bool fits(NumberStyle style) const {
    return commas_ && (style == NumberStyle::kDecimalComma ? decimal_ : thousands_);
  }
  /// Both readings fit, as of 1,234 alone: it cannot be told which is meant.
  bool ambiguous() const { return fits(NumberStyle::kDecimalComma) && fits(NumberStyle::kThousandsComma); }
  /// The one style with commas that fits; kPlain when none does or both do.
  NumberStyle style() const;

 private:
  bool commas_ = false;
  bool decimal_ = true;
  bool thousands_ = true;
};

}  // namespace rift::data
