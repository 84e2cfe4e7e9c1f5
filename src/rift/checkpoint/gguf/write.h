#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "rift/checkpoint/float_type.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/hf_directory.h"

namespace rift::checkpoint {

struct GgufWriteOptions {
  /// Of matrices; left out: what all of them are stored as. Vectors are F32, and so is, in F16, a matrix whose rows are
  /// no whole blocks of Q8_0.
  std::optional<FloatType> type;
  std::string name;                // general.name
  std::string licence;             // general.license, "" = not stated
  format::GgufMetadata tokenizer;  // keys that begin with "tokenizer."
};

struct GgufWritten {
  int64_t tensors = 0;
  int64_t bytes = 0;  // of tensors, as they stand in the file
};

/// Throws kUnsupported for a model that is no decoder which can be written, saying what there is instead.
void require_decoder_of_gguf(const HfDirectory& model);

/// Writes the decoder in a Hugging Face directory as a GGUF file that llama.cpp, gguf-py and transformers (gguf_file=)
/// load. A head for classification stays behind: GGUF has no place for one. The file is read back and its config
/// compared before it appears under `path`, whole or not at all. One tensor at a time is in memory.
/// Throws kConfig where `type` is left out and the matrices are of several types or of one that is not written;
/// kUnsupported for a model that is no decoder of gguf_architecture_of() and for settings that GGUF cannot say,
/// naming them; kArtefact for tensors that do not fit or pass what F16 can hold; kEnvironment, kInterrupted.
GgufWritten write_gguf_model(const std::filesystem::path& path, const HfDirectory& model,
                             const GgufWriteOptions& options);

}  // namespace rift::checkpoint
