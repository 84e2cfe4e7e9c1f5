#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/checkpoint/sentence_transformers.h"

namespace rift::checkpoint {

/// A Hugging Face model directory, looked at but not yet read: plain, or of sentence-transformers (whose encoder may
/// lie in a folder of its own).
struct HfDirectory {
  std::filesystem::path root;     // as given
  std::filesystem::path encoder;  // where config.json, the weights and the tokenizer are
  Json config;                    // config.json
  std::vector<std::filesystem::path> tokenizer_files;
  std::optional<SentenceTransformers> sentence_transformers;

  std::filesystem::path config_path() const { return encoder / "config.json"; }
  std::string model_type() const;    // "bert", "" when config.json does not say
  std::string architecture() const;  // first of "architectures", "" when it does not say
};

/// Throws kArtefact (no directory, no config.json, broken), kEnvironment.
HfDirectory open_hf_directory(const std::filesystem::path& directory);

/// The file that open_archive() reads the weights from: model.safetensors or else its index of shards, or else
/// pytorch_model.bin or its index, or else the directory's one .gguf file. Throws kUnsupported saying how to convert
/// what is there instead (TensorFlow, Flax), kArtefact when there are no weights at all.
std::filesystem::path weights_file(const HfDirectory& directory);

/// Copies the tokenizer's files into `target`. Throws kEnvironment.
void copy_tokenizer_files(const HfDirectory& directory, const std::filesystem::path& target);

}  // namespace rift::checkpoint
