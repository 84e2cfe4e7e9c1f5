#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "rift/base/error.h"
#include "rift/checkpoint/format/safetensors.h"

namespace rift::fuzz {

/// Opens the bytes as a safetensors file and reads every tensor. True when accepted, false when refused with an Error
/// of the file's fault; anything else (another exception, a bug's Error, a sanitizer's report) escapes.
inline bool read_safetensors(std::string_view bytes) {
  using namespace checkpoint::format;
  try {
    const Safetensors file(std::make_unique<MemoryBytes>(std::as_bytes(std::span(bytes)), "fuzz"));
    for (const auto& tensor : file.tensors()) {
      std::vector<std::byte> out(static_cast<size_t>(tensor.size_bytes()));
      file.read(tensor, out);
    }
    return true;
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact && error.code() != Code::kUnsupported) throw;
    return false;
  }
}

}  // namespace rift::fuzz
