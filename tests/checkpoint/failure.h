#pragma once

#include <string>

#include "rift/base/error.h"

namespace rift::testing_support {

/// "artefact: <message>" of the Error that `body` throws, or "nothing".
template <class Body>
std::string failure(Body body) {
  try {
    body();
    return "nothing";
  } catch (const Error& error) {
    return std::string(code_info(error.code()).name) + ": " + error.message();
  }
}

}  // namespace rift::testing_support
