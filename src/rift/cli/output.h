#pragma once

#include <string_view>

#include "rift/base/json.h"

namespace rift::cli {

/// The result goes to stdout, everything else to stderr. Throws kEnvironment when stdout does not take it.
void print_result(std::string_view text);
void print_json(const Json& json);

}  // namespace rift::cli
