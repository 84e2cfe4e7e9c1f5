#pragma once

#include <gtest/gtest.h>

#include <string>

#include "rift/base/error.h"

namespace rift::test {

/// "artefact: <message>" of the Error that `action` throws, or "nothing".
template <class Action>
std::string failure(Action&& action) {
  try {
    action();
    return "nothing";
  } catch (const Error& error) {
    return std::string(code_info(error.code()).name) + ": " + error.message();
  }
}

/// Message of the Error that `action` throws; fails the test when none comes or its code is another.
template <class Action>
std::string message_of(Code code, Action&& action) {
  const std::string found = failure(action), expected = std::string(code_info(code).name) + ": ";
  if (found.starts_with(expected)) return found.substr(expected.size());
  ADD_FAILURE() << "expected " << expected << "..., got " << found;
  return {};
}

}  // namespace rift::test
