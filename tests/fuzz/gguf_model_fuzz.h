#pragma once

#include <string>
#include <utility>
#include <vector>

#include "corrupt/gguf/forge.h"
#include "rift/checkpoint/gguf/model.h"

namespace rift::fuzz {

/// Reads the bytes as a GGUF file, sees it as the checkpoint that it was made from, and reads every tensor, those that
/// are kept as blocks in both layouts. True when accepted, false when refused with an Error of the file's fault;
/// anything else escapes.
inline bool read_gguf_model(std::string bytes) {
  using namespace checkpoint;
  try {
    const GgufModel model(forge::open_gguf(std::move(bytes)));
    to_json_text(model.config());
    for (const auto& tensor : model.tensors()) {
      std::vector<std::byte> out(static_cast<size_t>(tensor.size_bytes()));
      model.read(tensor, out);
      for (const bool transposed : {false, true}) {
        const auto stored = model.stored(tensor, transposed);
        if (!stored) continue;
        std::vector<float> row(static_cast<size_t>(stored->columns()));
        if (stored->rows() > 0) stored->read_rows(stored->rows() - 1, stored->rows(), row);
      }
    }
    return true;
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact && error.code() != Code::kUnsupported) throw;
    return false;
  }
}

}  // namespace rift::fuzz
