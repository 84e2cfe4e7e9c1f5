#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "corrupt/torch/forge.h"
#include "fuzz/archive_fuzz.h"
#include "rift/checkpoint/format/torch_file.h"

namespace rift::fuzz {

/// The bytes as a file of torch.save, see read_archive().
inline bool read_torch_file(std::string bytes) {
  const checkpoint::format::TorchFileLimits limits = {.max_extra_bytes = 1 << 20};  // memory is not what is looked for
  return read_archive([&] { return forge::open_torch(std::move(bytes), limits); });
}

/// The same with the bytes as data.pkl of an archive that is right, so that no checksum stops a mutant.
inline bool read_torch_pickle(std::string_view bytes) {
  return read_torch_file(forge::zip(forge::parts_with(std::string(bytes))));
}

}  // namespace rift::fuzz
