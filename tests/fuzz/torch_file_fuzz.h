#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corrupt/torch/forge.h"
#include "rift/base/error.h"
#include "rift/checkpoint/format/torch_file.h"

namespace rift::fuzz {

/// Opens the bytes as a file of torch.save and reads every tensor. True when accepted, false when refused with an Error
/// of the file's fault; anything else (another exception, a bug's Error, a sanitizer's report) escapes.
inline bool read_torch_file(std::string bytes) {
  const checkpoint::format::TorchFileLimits limits = {.max_extra_bytes = 1 << 20};  // memory is not what is looked for
  try {
    const auto file = forge::open_torch(std::move(bytes), limits);
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

/// The same with the bytes as data.pkl of an archive that is right, so that no checksum stops a mutant.
inline bool read_torch_pickle(std::string_view bytes) {
  return read_torch_file(forge::zip(forge::parts_with(std::string(bytes))));
}

}  // namespace rift::fuzz
