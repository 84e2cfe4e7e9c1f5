#pragma once

#include <filesystem>

#include "rift/base/options.h"

/// A decoder as one GGUF file. Torch-free.
namespace rift::package {

/// Numbers of a file's matrices; vectors are f32 whatever this says.
enum class GgufNumbers { kF32, kF16, kBf16, kQ8_0 };
constexpr auto enum_names(GgufNumbers) {
  return std::to_array<EnumName<GgufNumbers>>({{GgufNumbers::kF32, "f32"},
                                               {GgufNumbers::kF16, "f16"},
                                               {GgufNumbers::kBf16, "bf16"},
                                               {GgufNumbers::kQ8_0, "q8_0"}});
}

/// Writes the decoder of a package, whose manifest is checked, or of a model directory as the new file `out`: weights
/// with the adapter merged, lists of the tokenizer, licence. Throws kConfig (`out` is there already or does not end in
/// .gguf), kUnsupported for what GGUF cannot hold (encoders, settings, tokenizers of other kinds), kArtefact,
/// kEnvironment.
void export_gguf(const std::filesystem::path& model, const std::filesystem::path& out, GgufNumbers numbers);

}  // namespace rift::package
