#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/checkpoint/float_type.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/gguf/tensor_names.h"
#include "rift/checkpoint/hf_directory.h"

namespace rift::checkpoint {

struct GgufWriteOptions {
  /// config.json with nothing left out (models::complete_settings()); needed.
  std::function<Json(const Json& config, std::string_view source)> complete;
  /// Of matrices; left out: what all of them are stored as. Vectors are F32, and so is, in F16, a matrix whose rows are
  /// no whole blocks of Q8_0.
  std::optional<FloatType> type;
  std::string name;                     // general.name
  std::string licence;                  // general.license, "" = not stated
  format::GgufMetadata tokenizer;       // keys that begin with "tokenizer."
  std::filesystem::path language_head;  // weights that lie apart from the model's: lm_head.weight; "" = there are none
};

struct GgufWritten {
  int64_t tensors = 0;
  int64_t bytes = 0;  // of tensors, as they stand in the file
};

/// Throws kUnsupported for a model that is no decoder which can be written, saying what there is instead.
const GgufArchitecture& require_decoder_of_gguf(const HfDirectory& model);

/// The name in GGUF of each tensor of a checkpoint; nothing for one that stays behind: heads of classification, for
/// which GGUF has no place, buffers that the model makes itself, the copy of tied embeddings. Files of the decoder
/// alone leave out what stands before its layers. Throws kUnsupported for a tensor that the architecture has not,
/// kArtefact where the head of an untied decoder is missing.
///   tensors: names in the checkpoint;  settings: none left out;  source: names the weights in errors
std::vector<std::optional<GgufTensorName>> gguf_names(std::span<const std::string> tensors, const Json& settings,
                                                      const GgufArchitecture& architecture, std::string_view source);

/// Writes the decoder in a Hugging Face directory as a GGUF file. gguf-py reads it and transformers (gguf_file=) loads
/// it with equal logits, but for rope scaling, which transformers reads from no GGUF file. A head for classification
/// stays behind. The file is read back and its settings compared before it appears under `path`, whole or not at all.
/// One tensor at a time is in memory.
/// Throws kConfig where `type` is left out and the matrices are of several types or of one that is not written;
/// kUnsupported for a model that is no decoder of gguf_architecture_of() and for settings that GGUF cannot say,
/// naming them; kArtefact for tensors that do not fit or pass what F16 can hold; kEnvironment, kInterrupted.
GgufWritten write_gguf_model(const std::filesystem::path& path, const HfDirectory& model,
                             const GgufWriteOptions& options);

}  // namespace rift::checkpoint
