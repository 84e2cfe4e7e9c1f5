#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "fuzz/archive_fuzz.h"
#include "rift/checkpoint/format/safetensors.h"

namespace rift::fuzz {

/// The bytes as a safetensors file, see read_archive().
inline bool read_safetensors(std::string_view bytes) {
  using namespace checkpoint::format;
  return read_archive(
      [&] { return Safetensors(std::make_unique<MemoryBytes>(std::as_bytes(std::span(bytes)), "fuzz")); });
}

}  // namespace rift::fuzz
