#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

namespace rift::cli {

/// The result goes to stdout, everything else to stderr. Throws kEnvironment when stdout does not take it.
void print_result(std::string_view text);
void print_json(const Json& json);

/// `text` filled up with spaces to `columns` of a terminal, in which a Chinese character takes two.
std::string padded(std::string text, size_t columns);

/// Lines of as many cells each, every column as wide as its widest cell and to the left; cells as one_line() has them.
std::string columns_text(std::vector<std::vector<std::string>> lines);

}  // namespace rift::cli
