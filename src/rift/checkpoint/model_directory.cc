#include "rift/checkpoint/model_directory.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json_numbers.h"
#include "rift/base/places.h"
#include "rift/checkpoint/name_map.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;
using tensor::LazyTensors;

constexpr int64_t kMaxTokenizerConfigBytes = int64_t{16} << 20;

/// transformers squashes one output with the sigmoid and takes BCE as its loss only as "multi_label_classification".
std::string_view problem_type(HeadTask task) {
  switch (task) {
    case HeadTask::kBinary:
      return "multi_label_classification";
    case HeadTask::kMulticlass:
      return "single_label_classification";
    case HeadTask::kRegression:
      return "regression";
  }
  RIFT_FAIL(Code::kBug, "head task without a problem type");
}

int64_t head_outputs(const ModelDirectorySpec& spec) {
  const tensor::LazyTensor* weight = spec.tensors.find(spec.layout.classifier + ".weight");
  return weight == nullptr ? 0 : weight->shape.at(0);
}

/// As transformers' files hold them.
LazyTensors for_file(const ModelLayout& layout, const LazyTensors& tensors) {
  LazyTensors turned;
  for (const auto& [name, tensor] : tensors) {
    turned.emplace(name, layout.transposed_in_files(name) ? tensor::transposed(tensor) : tensor);
  }
  return turned;
}

LazyTensors without_prefix(const LazyTensors& tensors, std::string_view prefix) {
  LazyTensors bare;
  for (const auto& [name, tensor] : tensors) {
    bare.emplace(name.starts_with(prefix) ? name.substr(prefix.size()) : name, tensor);
  }
  return bare;
}

/// Whether transformers' class with the classifier is to load it; else its bare model.
bool classifies(const ModelDirectorySpec& spec) {
  return spec.pooling == spec.layout.head_pooling && !spec.labels.empty();
}

/// Their names and shapes, for the checks of map_names.
std::vector<format::TensorInfo> describe(const LazyTensors& tensors) {
  std::vector<format::TensorInfo> list;
  for (const auto& [name, tensor] : tensors) {
    list.push_back({.name = name, .dtype = format_dtype(tensor.dtype), .shape = tensor.shape});
  }
  return list;
}

void check(const LazyTensors& tensors, const ModelLayout& layout, const NameMapOptions& options) {
  try {
    const NameMap names = map_names(describe(tensors), layout, options, "model to be written");
    RIFT_CHECK(names.renamed.empty() && names.dropped.empty() && names.new_head.empty());
  } catch (const Error& error) {
    RIFT_FAIL(Code::kBug, "{}", error.message());
  }
}

/// `config` as transformers' class `name` would write it, without what another head said; "" = it has no such class.
Json config_of_class(Json config, const std::string& name) {
  for (const char* key :
       {"_name_or_path", "torch_dtype", "id2label", "label2id", "num_labels", "problem_type", "transformers_version"}) {
    config.erase(key);
  }
  if (!name.empty()) {
    Json architectures = Json::array();
    architectures.push_back(name);
    config["architectures"] = std::move(architectures);
  }
  config["dtype"] = "float32";
  return config;
}

void write_files(const fs::path& directory, const Json& config, const LazyTensors& tensors, const HfDirectory& base) {
  write_file_atomic(directory / "config.json", to_json_text(config, 2) + "\n");
  write_tensors(directory / "model.safetensors", tensors);
  copy_tokenizer_files(base, directory);
}

void copy_image_processor(const HfDirectory& from, const fs::path& directory) {
  constexpr const char* kFile = "preprocessor_config.json";
  if (from.encoder.empty() || !is_file_there(from.encoder / kFile)) return;
  write_file_atomic(directory / kFile, read_file(from.encoder / kFile));
}

/// A tokenizer that has no token for padding does not pad.
void name_padding_token(const fs::path& directory, const std::string& token) {
  const fs::path path = directory / "tokenizer_config.json";
  std::error_code ignored;
  Json config = Json::object();
  if (fs::exists(path, ignored)) config = read_json_with_large_numbers(path, {.max_bytes = kMaxTokenizerConfigBytes});
  const Json* named = config.find("pad_token");
  if (named != nullptr && !named->is_null()) return;
  config["pad_token"] = token;
  write_file_atomic(path, to_json_text(config, 2) + "\n");
}

}  // namespace

Json model_config(const ModelDirectorySpec& spec) {
  Json config = config_of_class(spec.base.config,
                                spec.layout.class_name.empty()  // transformers does not have the architecture
                                    ? ""
                                    : spec.layout.class_name + (classifies(spec) ? spec.layout.head_class : "Model"));
  if (spec.padding) config["pad_token_id"] = spec.padding->id;
  if (spec.labels.empty()) return config;
  Json names = Json::object();
  Json ids = Json::object();
  for (size_t i = 0; i < spec.labels.size(); ++i) {
    names[std::to_string(i)] = spec.labels[i];
    ids[spec.labels[i]] = static_cast<int64_t>(i);
  }
  config["id2label"] = std::move(names);
  config["label2id"] = std::move(ids);
  config["problem_type"] = problem_type(spec.task);
  return config;
}

void write_model_directory(const fs::path& directory, const ModelDirectorySpec& spec) {
  const int64_t outputs = head_outputs(spec);
  RIFT_CHECK(static_cast<int64_t>(spec.labels.size()) == outputs);
  LazyTensors tensors = for_file(spec.layout, spec.tensors);
  check(tensors, spec.layout, {.num_labels = outputs, .require_pooler = spec.pooling == "pooler"});
  if (spec.layout.bare_alone && !classifies(spec)) tensors = without_prefix(tensors, spec.layout.base_prefix);
  write_files(directory, model_config(spec), tensors, spec.base);
  if (spec.padding && !spec.base.tokenizer_files.empty()) name_padding_token(directory, spec.padding->text);
  if (!spec.layout.reads_text) copy_image_processor(spec.base, directory);
  if (!spec.layout.reads_text || spec.pooling == spec.layout.head_pooling) return;
  write_sentence_transformers(directory,
                              {.pooling = spec.pooling, .width = spec.layout.width, .max_tokens = spec.max_tokens});
}

void write_language_directory(const fs::path& directory, const LanguageDirectorySpec& spec) {
  const LazyTensors tensors = for_file(spec.layout, spec.tensors);
  check(tensors, spec.layout, {.language_head = true});
  write_files(directory, config_of_class(spec.base.config, spec.layout.language_class), tensors, spec.base);
  const std::optional<SentenceTransformers>& pooled = spec.base.sentence_transformers;
  if (!pooled || (pooled->pooling != "mean" && pooled->pooling != "cls" && pooled->pooling != "last")) return;
  write_sentence_transformers(directory, {.pooling = pooled->pooling,
                                          .width = spec.layout.width,
                                          .max_tokens = pooled->max_tokens.value_or(spec.max_tokens)});
}

}  // namespace rift::checkpoint
