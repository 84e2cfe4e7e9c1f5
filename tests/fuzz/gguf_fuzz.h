#pragma once

#include <string>
#include <utility>

#include "corrupt/gguf/forge.h"
#include "fuzz/archive_fuzz.h"

namespace rift::fuzz {

/// The bytes as a GGUF file, see read_archive().
inline bool read_gguf(std::string bytes) {
  return read_archive([&] { return forge::open_gguf(std::move(bytes)); });
}

}  // namespace rift::fuzz
