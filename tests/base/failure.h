#pragma once

#include <gtest/gtest.h>

#include <string>

#include "rift/base/error.h"

namespace rift::test {

/// Message of the Error that `action` throws; fails the test when none comes or its code is another.
template <class Action>
std::string message_of(Code code, Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(code_info(error.code()).name, code_info(code).name) << error.message();
    return error.message();
  }
  ADD_FAILURE() << "no error came";
  return {};
}

}  // namespace rift::test
