#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "rift/base/error.h"

namespace rift::checkpoint::format {

/// How a reader of a file complains: every message begins with where it stands, which `Reader::place()` says.
///   class HeadReader : Complains<HeadReader> { friend Complains; std::string place() const; ... };
template <class Reader>
class Complains {
 protected:
  template <class... Args>
  void require(bool holds, fmt::format_string<Args...> what, Args&&... args) const {
    if (!holds) fail(Code::kArtefact, what, std::forward<Args>(args)...);
  }

  template <class... Args>
  [[noreturn]] void fail(Code code, fmt::format_string<Args...> what, Args&&... args) const {
    const std::string place = static_cast<const Reader*>(this)->place();
    RIFT_FAIL(code, "{}: {}", place, fmt::format(what, std::forward<Args>(args)...));
  }
};

}  // namespace rift::checkpoint::format
