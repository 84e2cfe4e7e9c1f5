#pragma once

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/enum_names.h"
#include "rift/base/error.h"

namespace rift::cli {

/// "f32, bf16 or int8".
std::string one_of(const std::vector<std::string>& names);

/// Declares an option that takes a name of an enum and hands the value to `take`; every other word is refused with the
/// names that there are.
template <class E>
CLI::Option* add_choice_flag(CLI::App& command, const std::string& flag, std::function<void(E)> take,
                             const std::string& help) {
  const auto check = [](const std::string& name) {
    if (value_named<E>(name)) return std::string();
    return fmt::format("expected {}, got '{}'", one_of(names_of<E>()), shorten(name));
  };
  const auto read = [take = std::move(take)](const std::string& name) { take(*value_named<E>(name)); };
  return command.add_option_function<std::string>(flag, read, help)->check(CLI::Validator(check, ""));
}

/// The same into a variable, whose value now is the default.
template <class E>
CLI::Option* add_choice_flag(CLI::App& command, const std::string& flag, E& value, const std::string& help) {
  return add_choice_flag<E>(command, flag, std::function<void(E)>([&value](E named) { value = named; }), help)
      ->default_str(std::string(name_of(value)));
}
/// The same where nothing is chosen as long as the flag is left out.
template <class E>
CLI::Option* add_choice_flag(CLI::App& command, const std::string& flag, std::optional<E>& value,
                             const std::string& help) {
  return add_choice_flag<E>(command, flag, std::function<void(E)>([&value](E named) { value = named; }), help);
}

}  // namespace rift::cli
