#pragma once

#include <filesystem>

#include "rift/checkpoint/float_type.h"
#include "rift/checkpoint/gguf/write.h"
#include "rift/checkpoint/hf_directory.h"

/// A decoder as one GGUF file. Torch-free.
namespace rift::package {

/// What such a file says of a model beside weights and settings: name, licence, the lists of its tokenizer. Throws
/// kUnsupported for tokenizers that GGUF cannot hold, kArtefact where tokenizer and weights do not belong together.
checkpoint::GgufWriteOptions describe_for_gguf(const checkpoint::HfDirectory& model);

/// Writes the decoder of a package, whose manifest is checked, as the new file `out`: weights with the adapter merged,
/// lists of the tokenizer, licence. `type` is that of matrices; vectors are f32 whatever it says. Throws kConfig (`out`
/// is there already or does not end in .gguf), kUnsupported for no package, saying how else its model is written, for
/// packages as require_exportable() says and for what GGUF cannot hold (encoders, settings, tokenizers of other kinds),
/// kArtefact, kEnvironment.
void export_gguf(const std::filesystem::path& package, const std::filesystem::path& out, checkpoint::FloatType type);

}  // namespace rift::package
