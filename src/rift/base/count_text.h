#pragma once

#include <cstdint>
#include <string>

namespace rift {

/// A whole number for people: 1234567 -> "1,234,567".
std::string count_text(int64_t count);

/// A number as the text of a category, a label or a bound: no trailing ".0", the shortest digits that read back.
std::string number_text(double value);

/// A share for people: 0.1234 -> "12.3 %".
std::string percent_text(double share);

}  // namespace rift
