#include "rift/checkpoint/hf_directory.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/places.h"
#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/gguf/model.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGgufEnding = ".gguf";
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

/// The first of kWeightsFiles that is there; empty when none is.
fs::path first_weights(const fs::path& directory) {
  for (const std::string_view name : kWeightsFiles) {
    if (is_there(directory / name)) return directory / name;
  }
  return {};
}

/// The directory's only .gguf file; empty when there is none or a choice.
fs::path only_gguf(const fs::path& directory) {
  fs::path found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (entry.path().extension() != kGgufEnding) continue;
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

namespace {

/// What else to name, where files of weights lie alone in a directory.
std::string advice_on_files(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const std::string ending = entry->path().extension().string();
    const bool is_weights =
        std::ranges::any_of(weights_endings(), [&](const WeightsEnding& known) { return known.ending == ending; });
    if (is_weights) names.push_back(entry->path().filename().string());
  }
  if (names.empty()) return "";
  return fmt::format("; of a file that holds a model by itself name the file: {}",
                     (directory / *std::ranges::min_element(names)).string());
}

/// Config and pooling as the GGUF file says them, where nothing beside it does.
void take_from_gguf(const fs::path& file, HfDirectory& result) {
  const GgufModel model = GgufModel::open(file);
  result.config_is_of_gguf = true;
  result.config = model.config();
  if (result.sentence_transformers || model.pooling().empty()) return;
  result.sentence_transformers = SentenceTransformers{.pooling = model.pooling()};
}

/// A config.json beside the file has to be of the model that is in it.
void require_same_model(const HfDirectory& directory, const GgufModel& model) {
  const GgufArchitecture* described = gguf_architecture_of(directory.model_type());
  RIFT_REQUIRE(described == &model.architecture(), Code::kArtefact,
               "{}: model_type is '{}', but {} holds a model of architecture '{}'; is this the right config.json?",
               directory.config_path().string(), shorten(directory.model_type()), model.file_name(),
               model.architecture().name);
}

Json read_config(const fs::path& path) {
  Json config = read_json(path, {.max_bytes = kMaxConfigBytes});
  RIFT_REQUIRE(config.is_object(), Code::kArtefact, "{}: expected a mapping, got {}", path.string(),
               config.kind_name());
  return config;
}

}  // namespace

HfDirectory open_hf_directory(const fs::path& path) {
  HfDirectory result;
  result.root = path;
  result.encoder = path;
  if (path.extension() == kGgufEnding && is_file_there(path)) {
    result.gguf = path;
    take_from_gguf(path, result);
    return result;
  }
  std::error_code ignored;
  RIFT_REQUIRE(fs::is_directory(path, ignored), Code::kArtefact,
               "{}: no such directory; expected a Hugging Face model directory (config.json, model.safetensors, "
               "tokenizer) or a .gguf file",
               path.string());
  result.sentence_transformers = read_sentence_transformers(path);
  if (result.sentence_transformers && !result.sentence_transformers->transformer.empty()) {
    result.encoder = path / result.sentence_transformers->transformer;
  }
  if (first_weights(result.encoder).empty()) result.gguf = only_gguf(result.encoder);
  const fs::path config = result.config_path();
  RIFT_REQUIRE(!fs::is_directory(config, ignored), Code::kArtefact,
               "{}: expected a file, it is a directory; is this a Hugging Face model directory?", config.string());
  const bool has_config = is_file_there(config);
  RIFT_REQUIRE(has_config || !result.gguf.empty(), Code::kArtefact,
               "{}: there is no config.json; expected a Hugging Face model directory{}", result.encoder.string(),
               advice_on_files(result.encoder));
  if (has_config) {
    result.config = read_config(config);
  } else {
    take_from_gguf(result.gguf, result);
  }
  result.tokenizer_files = tokenizer_files_in(result.encoder);
  return result;
}

std::vector<fs::path> tokenizer_files_in(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const std::string_view name : kTokenizerFiles) {
    if (is_file_there(directory / name)) files.push_back(directory / name);
  }
  return files;
}

fs::path weights_file(const HfDirectory& directory) {
  if (directory.encoder == directory.gguf) return directory.gguf;
  if (fs::path file = first_weights(directory.encoder); !file.empty()) return file;
  if (fs::path file = only_gguf(directory.encoder); !file.empty()) return file;
  std::error_code ignored;
  for (const auto& other : kOtherWeights) {
    RIFT_REQUIRE(!fs::exists(directory.encoder / other.file, ignored), Code::kUnsupported, "{}: {}",
                 (directory.encoder / other.file).string(), other.advice);
  }
  RIFT_FAIL(Code::kArtefact, "{}: the file is not there; a model directory holds its weights in it (or in {})",
            (directory.encoder / kWeightsFiles[0]).string(), fmt::join(std::span(kWeightsFiles).subspan(1), ", "));
}

std::unique_ptr<const format::TensorArchive> open_weights(const HfDirectory& directory) {
  const fs::path file = weights_file(directory);
  if (file.extension() != kGgufEnding) return open_archive(file);
  auto model = std::make_unique<GgufModel>(GgufModel::open(file));
  require_same_model(directory, *model);
  return model;
}

std::span<const std::string_view> tokenizer_file_names() { return kTokenizerFiles; }
std::span<const std::string_view> weights_file_names() { return kWeightsFiles; }

void copy_tokenizer_files(const HfDirectory& directory, const fs::path& target) {
  for (const auto& file : directory.tokenizer_files) {
    write_file_atomic(target / file.filename(), read_file(file, kMaxTokenizerBytes));
  }
}

}  // namespace rift::checkpoint
