#pragma once

#include <cstdint>
#include <string>

namespace rift {

/// A whole number for people: 1234567 -> "1,234,567".
std::string count_text(int64_t count);

}  // namespace rift
