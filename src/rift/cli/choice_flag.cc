#include "rift/cli/choice_flag.h"

#include <fmt/ranges.h>

#include <span>

namespace rift::cli {

std::string one_of(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? std::string() : names.front();
  return fmt::format("{} or {}", fmt::join(std::span(names).first(names.size() - 1), ", "), names.back());
}

}  // namespace rift::cli
