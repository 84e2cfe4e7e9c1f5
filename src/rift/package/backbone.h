#pragma once

#include <filesystem>
#include <string>
#include <string_view>

/// Where pretrained models lie. Torch-free.
namespace rift::package {

inline constexpr std::string_view kPackagedBackbone = "all-MiniLM-L6-v2";

/// The folder of packaged models: $RIFT_MODELS, else `.deps/models` of the tree that the running program lies in, else
/// of the working directory. Empty when there is none.
std::filesystem::path models_directory();

/// Directory or .gguf file of the backbone that run.yaml names. `name` empty: the packaged model. Relative: tried below
/// `base_directory` (run.yaml's), the working directory and models_directory(), in this order; then, as a hub's name
/// ("sentence-transformers/all-MiniLM-L6-v2"), in the cache of Hugging Face's libraries (hub/cache.h) at its ref main.
/// The result is absolute and is a directory or a .gguf file. Throws kArtefact naming every place that was tried and
/// how to get the model.
std::filesystem::path resolve_backbone(const std::string& name, const std::filesystem::path& base_directory);

/// The model directory of a pretraining, where `directory` is one's; else `directory` itself.
std::filesystem::path model_in(const std::filesystem::path& directory);

/// The model directory or .gguf file that a command line names: tried below the working directory and
/// models_directory(), then in the cache; empty: the packaged model. Throws kArtefact as above, kUnsupported for a
/// package that holds no language model.
std::filesystem::path resolve_model(const std::string& name);

/// The file of weights that a command line names, where there is one of that path; else resolve_model().
std::filesystem::path resolve_model_or_file(const std::string& name);

}  // namespace rift::package
