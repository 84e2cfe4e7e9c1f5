#include "rift/package/inspect.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/utf8.h"
#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/class_head.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/licence.h"
#include "rift/models/architecture.h"
#include "rift/package/image_model.h"
#include "rift/package/model_tokenizer.h"

namespace rift::package {
namespace {

using checkpoint::HfDirectory;
using checkpoint::Licence;
using checkpoint::NameMap;

namespace fs = std::filesystem;

constexpr int64_t kMaxTokenizerBytes = int64_t{256} << 20;

std::vector<ModelInspection::Licence> licence_texts(const Licence& licence) {
  std::vector<ModelInspection::Licence> texts;
  for (const fs::path& file : licence.files) {
    texts.push_back({valid_utf8(file.filename().string()), valid_utf8(read_file(file))});
  }
  return texts;
}

/// What the lists of a GGUF file make, named as llama.cpp names it.
std::string gguf_tokenizer_kind(const fs::path& path) {
  const auto file = checkpoint::format::Gguf::open(path);
  if (file.find_value("tokenizer.ggml.model") == nullptr) return "";
  std::string kind = file.text("tokenizer.ggml.model");
  if (kind == "bert") kind = "WordPiece";
  if (kind == "gpt2") kind = "BPE of bytes";
  if (kind == "llama") kind = "BPE of SentencePiece";
  const bool has_words = file.find_value("tokenizer.ggml.pre") != nullptr;
  return fmt::format("{} (GGUF{}{})", shorten(kind), has_words ? ", " : "",
                     has_words ? shorten(file.text("tokenizer.ggml.pre")) : std::string());
}

/// The model of a tokenizer.json, else what the files' names say.
std::string tokenizer_kind(const HfDirectory& directory) {
  if (!directory.gguf.empty() && directory.tokenizer_files.empty()) return gguf_tokenizer_kind(directory.gguf);
  const auto has = [&](std::string_view name) {
    return std::any_of(directory.tokenizer_files.begin(), directory.tokenizer_files.end(),
                       [&](const fs::path& path) { return path.filename() == name; });
  };
  if (has("tokenizer.json")) {
    const fs::path path = directory.encoder / "tokenizer.json";
    const Json json = read_json(path, {.max_bytes = kMaxTokenizerBytes});
    const Json* model = json.find("model");
    const Json* type = model == nullptr ? nullptr : model->find("type");
    const bool stated = type != nullptr && type->is_string();
    return (stated ? shorten(type->as_string()) : std::string("unknown kind")) + " (tokenizer.json)";
  }
  if (has("vocab.txt")) return "WordPiece (vocab.txt)";
  if (has("merges.txt")) return "BPE (vocab.json, merges.txt)";
  if (has("spiece.model") || has("sentencepiece.bpe.model") || has("tokenizer.model")) return "SentencePiece";
  return "";
}

void count_tensors(const fs::path& weights, const checkpoint::format::TensorArchive& file, ModelInspection& result) {
  namespace format = checkpoint::format;
  result.weights_file = valid_utf8(weights.filename().string());
  for (const fs::path& part : checkpoint::archive_files(weights)) {
    result.file_bytes += static_cast<int64_t>(fs::file_size(part));
  }
  std::map<std::string, ModelInspection::DTypeCount> counts;
  for (const auto& tensor : file.tensors()) {
    const int64_t elements = tensor.element_count();
    auto& count = counts[std::string(tensor.stored_name())];
    ++count.tensors;
    count.elements += elements;
    if (format::is_floating(tensor.dtype)) result.parameters += elements;
  }
  for (auto& [dtype, count] : counts) result.dtypes.push_back({dtype, count.tensors, count.elements});
}

/// With the head that is wanted; where nothing is said, with the file's own, else with one of one output.
NameMap map_names(const checkpoint::format::TensorArchive& file, const checkpoint::ModelLayout& layout,
                  const std::string& architecture, std::optional<int64_t> num_labels) {
  const auto with = [&](int64_t outputs) {
    return checkpoint::map_names(file.tensors(), layout, {.architecture = architecture, .num_labels = outputs},
                                 file.file_name());
  };
  if (num_labels) return with(*num_labels);
  const int64_t own = checkpoint::classifier_outputs(file.tensors(), layout);
  NameMap names = with(std::max<int64_t>(own, 1));
  return own > 1 && !names.new_head.empty() ? with(1) : names;
}

void inspect_image_model(const fs::path& path, std::optional<int64_t> num_labels, ModelInspection& result) {
  const ImageModelSource source = open_image_model(path);
  if (result.model_type.empty()) result.model_type = source.config.at("model_type").as_string();
  count_tensors(source.weights, *source.archive, result);
  result.image_sizes = source.description.sizes;
  result.names = map_names(*source.archive, source.description.layout, source.architecture, num_labels);
}

void inspect_text_model(const HfDirectory& directory, std::optional<int64_t> num_labels, ModelInspection& result) {
  const fs::path weights = checkpoint::weights_file(directory);
  const auto file = checkpoint::open_weights(directory);
  count_tensors(weights, *file, result);
  const auto model = models::describe_text_model(directory.config, directory.config_path().string());
  result.sizes = model.sizes;
  result.names = map_names(*file, model.layout, result.architecture, num_labels);
  require_fits(*load_tokenizer(directory), directory, model.sizes.vocab_size);
}

Json names_json(const NameMap& names) {
  Json dropped = Json::array();
  for (const auto& entry : names.dropped) {
    dropped.push_back(Json{{"name", entry.file_name}, {"shape", entry.shape}, {"why", entry.why}});
  }
  Json made = Json::array();
  for (const auto& entry : names.new_head) {
    made.push_back(Json{{"name", entry.name}, {"shape", entry.shape}, {"why", entry.why}});
  }
  Json renamed = Json::array();
  for (const auto& entry : names.renamed) renamed.push_back(Json{{"from", entry.file_name}, {"to", entry.name}});
  return Json{{"loaded", static_cast<int64_t>(names.loaded.size())},
              {"has_pooler", names.has_pooler},
              {"dropped", std::move(dropped)},
              {"new_head", std::move(made)},
              {"renamed", std::move(renamed)}};
}

Json sizes_json(const models::ImageSizes& sizes) {
  return Json{{"channels", sizes.channels},
              {"width", sizes.width},
              {"layers", sizes.layers},
              {"image_size", sizes.image_size == 0 ? Json() : Json(sizes.image_size)},
              {"least_size", sizes.image_size == 0 ? Json(sizes.least_size) : Json()}};
}

Json sizes_json(const models::TextSizes& sizes) {
  return Json{{"vocab_size", sizes.vocab_size}, {"hidden_size", sizes.hidden_size},
              {"layers", sizes.layers},         {"intermediate_size", sizes.intermediate_size},
              {"positions", sizes.positions},   {"token_types", sizes.token_types}};
}

/// Runs `look` and notes why rift cannot load the model.
template <class Look>
void look_at(ModelInspection& result, Look look) {
  try {
    look();
  } catch (const Error& error) {
    if (error.code() == Code::kBug || error.code() == Code::kInterrupted) throw;
    result.problem = error.message();
    result.problem_code = error.code();
  }
}

Json shape_json(const ModelInspection& inspection) {
  if (inspection.image_sizes) return sizes_json(*inspection.image_sizes);
  return inspection.sizes ? sizes_json(*inspection.sizes) : Json();
}

}  // namespace

ModelInspection inspect_model(const fs::path& path, std::optional<int64_t> num_labels) {
  ModelInspection result;
  result.directory = valid_utf8(path.string());
  if (std::error_code ignored; fs::is_regular_file(path, ignored) && path.extension() != ".gguf") {
    look_at(result, [&] { inspect_image_model(path, num_labels, result); });
    return result;
  }
  const HfDirectory directory = checkpoint::open_hf_directory(path);
  result.model_type = directory.model_type();
  result.architecture = directory.architecture();
  if (directory.sentence_transformers) {
    result.pooling = directory.sentence_transformers->pooling;
    result.max_tokens = directory.sentence_transformers->max_tokens;
    result.other_modules = directory.sentence_transformers->other_modules;
    result.other_settings = directory.sentence_transformers->other_settings;
  }
  const Licence licence = checkpoint::find_licence(directory);
  result.licence_of_card = licence.name;
  result.licence_stated_in = licence.stated_in;
  result.licences = licence_texts(licence);
  look_at(result, [&] {
    if (models::is_image_model(directory.config)) return inspect_image_model(path, num_labels, result);
    result.tokenizer = tokenizer_kind(directory);
    inspect_text_model(directory, num_labels, result);
  });
  return result;
}

Json to_json(const ModelInspection& inspection) {
  Json dtypes = Json::array();
  for (const auto& count : inspection.dtypes) {
    dtypes.push_back(Json{{"dtype", count.dtype}, {"tensors", count.tensors}, {"elements", count.elements}});
  }
  Json licences = Json::array();
  for (const auto& licence : inspection.licences)
    licences.push_back(Json{{"file", licence.file}, {"text", licence.text}});
  return Json{{"directory", inspection.directory},
              {"model_type", inspection.model_type},
              {"architecture", inspection.architecture},
              {"parameters", inspection.parameters},
              {"weights_file", inspection.weights_file},
              {"file_bytes", inspection.file_bytes},
              {"dtypes", std::move(dtypes)},
              {"shape", shape_json(inspection)},
              {"tokenizer", inspection.tokenizer},
              {"pooling", inspection.pooling},
              {"max_tokens", inspection.max_tokens ? Json(*inspection.max_tokens) : Json()},
              {"other_modules", inspection.other_modules},
              {"other_settings", inspection.other_settings},
              {"licence_of_card", inspection.licence_of_card},
              {"licence_stated_in", inspection.licence_stated_in},
              {"licences", std::move(licences)},
              {"names", inspection.names ? names_json(*inspection.names) : Json()},
              {"problem", inspection.problem}};
}

}  // namespace rift::package
