#include "rift/base/count_text.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

namespace rift {

std::string count_text(int64_t count) {
  std::string digits = std::to_string(count);
  const size_t first = digits.front() == '-' ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string number_text(double value) {
  if (value == std::trunc(value) && std::fabs(value) < 9e15) return fmt::format("{}", static_cast<int64_t>(value));
  return fmt::format("{}", value);
}

std::string percent_text(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

}  // namespace rift
