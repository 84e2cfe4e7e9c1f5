#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/error.h"

namespace rift {

/// One name of an enum that is written in files or on the command line. All of an enum's names stand in one list,
/// beside the enum: constexpr auto enum_names(Loss) { return std::to_array<EnumName<Loss>>({{Loss::kBce, "bce"}, ...});
/// }
template <class E>
struct EnumName {
  E value;
  std::string_view name;
};

/// The name of a value; kBug when the list lacks it.
template <class E>
std::string_view name_of(E value) {
  for (const auto& entry : enum_names(E{})) {
    if (entry.value == value) return entry.name;
  }
  RIFT_FAIL(Code::kBug, "enum value without a name");
}

/// The value of a name; nothing when no value is called that.
template <class E>
std::optional<E> value_named(std::string_view name) {
  for (const auto& entry : enum_names(E{})) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

/// Every name, in the order of the list.
template <class E>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  for (const auto& entry : enum_names(E{})) names.emplace_back(entry.name);
  return names;
}

/// Names that a later version will have, so that an error can say so. They stand beside the enum, where there are any:
/// constexpr auto later_names(Task) { return std::to_array<std::string_view>({"ordinal"}); }
template <class E>
std::vector<std::string_view> later_names_of() {
  std::vector<std::string_view> names;
  if constexpr (requires { later_names(E{}); }) {
    for (const std::string_view name : later_names(E{})) names.push_back(name);
  }
  return names;
}

}  // namespace rift
