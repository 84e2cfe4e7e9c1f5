#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/checkpoint/format/tensor_archive.h"
#include "rift/checkpoint/sentence_transformers.h"

namespace rift::checkpoint {

/// A model, looked at but not yet read: a Hugging Face directory, plain or of sentence-transformers (whose encoder may
/// lie in a folder of its own); or a GGUF file, seen as the directory that it was made from. A directory whose only
/// weights are one GGUF file takes from it what does not lie beside it: config.json, the tokenizer.
struct HfDirectory {
  std::filesystem::path root;     // as given
  std::filesystem::path encoder;  // where config.json, the weights and the tokenizer are; of a file, the file
  Json config;                    // config.json
  std::filesystem::path gguf;     // the GGUF file that holds the weights; empty when they are of another kind
  bool config_is_of_gguf = false;
  std::vector<std::filesystem::path> tokenizer_files;
  std::optional<SentenceTransformers> sentence_transformers;

  std::filesystem::path config_path() const { return config_is_of_gguf ? gguf : encoder / "config.json"; }
  std::string model_type() const;    // "bert", "" when config.json does not say
  std::string architecture() const;  // first of "architectures", "" when it does not say
};

/// The files of a tokenizer that lie in a directory.
std::vector<std::filesystem::path> tokenizer_files_in(const std::filesystem::path& directory);

/// The one door: of a directory or of a .gguf file. Throws kArtefact (neither, no config.json, broken), kEnvironment;
/// of GGUF as GgufModel does.
HfDirectory open_hf_directory(const std::filesystem::path& path);

/// The file that the weights lie in: model.safetensors or else its index of shards, or else pytorch_model.bin or its
/// index, or else the directory's one .gguf file. Throws kUnsupported saying how to convert what is there instead
/// (TensorFlow, Flax), kArtefact when there are no weights at all.
std::filesystem::path weights_file(const HfDirectory& directory);

/// The weights under the names of Hugging Face, whatever file they lie in. Throws as weights_file(), open_archive() and
/// GgufModel do.
std::unique_ptr<const format::TensorArchive> open_weights(const HfDirectory& directory);

/// Names of files that a tokenizer may be made of, and of those that weights_file() looks for (a .gguf may have any).
std::span<const std::string_view> tokenizer_file_names();
std::span<const std::string_view> weights_file_names();

/// Copies the tokenizer's files into `target`. Throws kEnvironment.
void copy_tokenizer_files(const HfDirectory& directory, const std::filesystem::path& target);

}  // namespace rift::checkpoint
