#include "rift/checkpoint/hf_directory.h"

#include <fmt/ranges.h>

#include <span>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/files.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxConfigBytes = int64_t{16} << 20;
constexpr int64_t kMaxTokenizerBytes = int64_t{256} << 20;

constexpr std::string_view kTokenizerFiles[] = {
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
};

/// In the order in which they are preferred: what was made to be read safely first.
constexpr std::string_view kWeightsFiles[] = {
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
};

struct OtherWeights {
  std::string_view file;
  std::string_view advice;
};
constexpr OtherWeights kOtherWeights[] = {
    {"tf_model.h5", "TensorFlow weights are not read; convert them to model.safetensors with transformers"},
    {"flax_model.msgpack", "Flax weights are not read; convert them to model.safetensors with transformers"},
};

/// The directory's only .gguf file; empty when there is none or a choice.
fs::path only_gguf(const fs::path& directory) {
  fs::path found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (entry.path().extension() != ".gguf") continue;
    if (!found.empty()) return {};
    found = entry.path();
  }
  return found;
}

}  // namespace

std::string HfDirectory::model_type() const {
  const Json* type = config.find("model_type");
  return type != nullptr && type->is_string() ? type->as_string() : "";
}

std::string HfDirectory::architecture() const {
  const Json* list = config.find("architectures");
  if (list == nullptr || !list->is_array() || list->size() == 0 || !list->at(size_t{0}).is_string()) return "";
  return list->at(size_t{0}).as_string();
}

HfDirectory open_hf_directory(const fs::path& directory) {
  std::error_code ignored;
  RIFT_REQUIRE(
      fs::is_directory(directory, ignored), Code::kArtefact,
      "{}: no such directory; expected a Hugging Face model directory (config.json, model.safetensors, tokenizer)",
      directory.string());
  HfDirectory result;
  result.root = directory;
  result.sentence_transformers = read_sentence_transformers(directory);
  result.encoder = directory;
  if (result.sentence_transformers && !result.sentence_transformers->transformer.empty()) {
    result.encoder = directory / result.sentence_transformers->transformer;
  }
  const fs::path config = result.config_path();
  RIFT_REQUIRE(fs::is_regular_file(config, ignored), Code::kArtefact,
               "{}: there is no config.json; expected a Hugging Face model directory", result.encoder.string());
  result.config = read_json(config, {.max_bytes = kMaxConfigBytes});
  RIFT_REQUIRE(result.config.is_object(), Code::kArtefact, "{}: expected a mapping, got {}", config.string(),
               result.config.kind_name());
  for (const std::string_view name : kTokenizerFiles) {
    if (fs::is_regular_file(result.encoder / name, ignored)) result.tokenizer_files.push_back(result.encoder / name);
  }
  return result;
}

fs::path weights_file(const HfDirectory& directory) {
  std::error_code ignored;
  for (const std::string_view name : kWeightsFiles) {
    if (fs::exists(directory.encoder / name, ignored)) return directory.encoder / name;
  }
  if (fs::path gguf = only_gguf(directory.encoder); !gguf.empty()) return gguf;
  for (const auto& other : kOtherWeights) {
    RIFT_REQUIRE(!fs::exists(directory.encoder / other.file, ignored), Code::kUnsupported, "{}: {}",
                 (directory.encoder / other.file).string(), other.advice);
  }
  RIFT_FAIL(Code::kArtefact, "{}: the file is not there; a model directory holds its weights in it (or in {})",
            (directory.encoder / kWeightsFiles[0]).string(), fmt::join(std::span(kWeightsFiles).subspan(1), ", "));
}

void copy_tokenizer_files(const HfDirectory& directory, const fs::path& target) {
  for (const auto& file : directory.tokenizer_files) {
    write_file_atomic(target / file.filename(), read_file(file, kMaxTokenizerBytes));
  }
}

}  // namespace rift::checkpoint
