#pragma once

#include <filesystem>
#include <string>

#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/hf_directory.h"

namespace rift::checkpoint {

struct GgufWriteOptions {
  format::GgmlType type = format::GgmlType::kF16;  // F32, F16, BF16 or Q8_0: of matrices; vectors are F32, and so is,
                                                   // in F16, a matrix whose rows are no whole blocks of Q8_0
  std::string name;                                // general.name
  std::string licence;                             // general.license, "" = not stated
  format::GgufMetadata tokenizer;                  // keys that begin with "tokenizer."
};

/// Throws kUnsupported for a model that is no decoder which can be written, saying what there is instead.
void require_decoder_of_gguf(const HfDirectory& model);

/// Writes the decoder in a Hugging Face directory as a GGUF file that llama.cpp, gguf-py and transformers (gguf_file=)
/// load. A head for classification stays behind: GGUF has no place for one. The file is read back and its config
/// compared before it appears under `path`, whole or not at all.
/// Throws kUnsupported for a model that is no decoder of gguf_architecture_of() and for settings that GGUF cannot say,
/// naming them; kArtefact for tensors that do not fit or pass what F16 can hold; kEnvironment.
void write_gguf_model(const std::filesystem::path& path, const HfDirectory& model, const GgufWriteOptions& options);

}  // namespace rift::checkpoint
