#pragma once

#include <string>
#include <string_view>

namespace rift {

/// A word of a command line as a shell reads it back: as it is, or between single quotes.
std::string shell_word(std::string_view word);

}  // namespace rift
