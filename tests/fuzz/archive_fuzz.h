#pragma once

#include <cstddef>
#include <vector>

#include "rift/base/error.h"
#include "rift/checkpoint/format/tensor_archive.h"

namespace rift::fuzz {

/// Reads every tensor of what `open` opens. True when accepted, false when refused with an Error of the file's fault;
/// anything else (another exception, a bug's Error, a sanitizer's report) escapes.
template <class Open>
bool read_archive(const Open& open) {
  try {
    const auto file = open();
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
