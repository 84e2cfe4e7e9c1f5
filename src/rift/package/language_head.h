#pragma once

#include <filesystem>

#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/model_layout.h"

/// Torch-free.
namespace rift::package {

/// Of a package: the language head of the decoder that was tuned, where it is a matrix of its own. No score reads it,
/// but a GGUF file cannot do without.
inline constexpr const char* kLanguageHeadFile = "language_head.safetensors";

/// Writes it into `package`, of a decoder that does not tie it to its embeddings and that has one: among its weights
/// or, where `base` is a package, beside them. Throws as checkpoint::load_model() does, kEnvironment.
void keep_language_head(const checkpoint::HfDirectory& base, const checkpoint::ModelLayout& layout,
                        const std::filesystem::path& package);

/// The file in `package`, "" where it has none.
std::filesystem::path language_head_of(const std::filesystem::path& package);

}  // namespace rift::package
