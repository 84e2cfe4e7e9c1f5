#pragma once

#include <string_view>

#include "rift/base/json.h"

namespace rift {

/// What an unquoted YAML scalar stands for: null, true/false, a whole number (decimal, 0o17, 0x1F), a number, else
/// text. Whole numbers with a leading zero (codes, postal districts), .inf and .nan stay text.
Json yaml_plain_scalar(std::string_view text);

}  // namespace rift
