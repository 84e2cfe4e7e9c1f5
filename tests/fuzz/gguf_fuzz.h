#pragma once

#include <memory>
#include <string>
#include <vector>

#include "corrupt/gguf/forge.h"
#include "rift/base/error.h"
#include "rift/checkpoint/format/gguf.h"

namespace rift::fuzz {

/// Opens the bytes as a GGUF file and reads every tensor. True when accepted, false when refused with an Error of the
/// file's fault; anything else (another exception, a bug's Error, a sanitizer's report) escapes.
inline bool read_gguf(std::string bytes) {
  try {
    const auto file = forge::open_gguf(std::move(bytes));
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
