#include "rift/checkpoint/inspect.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/checkpoint/hf_directory.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxTokenizerBytes = int64_t{256} << 20;
constexpr int64_t kMaxTextBytes = int64_t{1} << 20;

/// Length of the UTF-8 character at the front (RFC 3629: nothing overlong, no surrogates), 0 when there is none.
size_t utf8_character(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    return follows(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && follows(2) ? 3 : 0;
  }
  if (lead < 0xF0 || lead > 0xF4) return 0;
  return follows(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) && follows(2) && follows(3) ? 4 : 0;
}

/// A text that JSON can carry: bytes that are not UTF-8 (old licences are Latin-1) become '?'.
std::string as_utf8(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t length = utf8_character(text);
    result += length == 0 ? std::string_view("?") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

/// Of a YAML front matter ("---" ... "---" at the top of a model card): the value of `license:`.
std::string licence_of_card(const fs::path& directory) {
  const fs::path card = directory / "README.md";
  std::error_code ignored;
  if (!fs::is_regular_file(card, ignored) || fs::file_size(card, ignored) > static_cast<uintmax_t>(kMaxTextBytes))
    return "";
  const std::string text = read_file(card, kMaxTextBytes);
  if (!text.starts_with("---")) return "";
  constexpr std::string_view kKey = "\nlicense:";
  const std::string_view front = std::string_view(text).substr(0, text.find("\n---", 3));
  const size_t at = front.find(kKey);
  if (at == std::string_view::npos) return "";
  std::string_view value = front.substr(at + kKey.size());
  value = value.substr(0, value.find('\n'));
  while (!value.empty() && (value.front() == ' ' || value.front() == '"')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '"' || value.back() == '\r')) value.remove_suffix(1);
  return as_utf8(shorten(value));
}

std::vector<ModelInspection::Licence> licence_files(const fs::path& directory) {
  std::vector<ModelInspection::Licence> licences;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    const bool licence = name.find("LICENSE") != std::string::npos || name.find("LICENCE") != std::string::npos ||
                         name.find("License") != std::string::npos;
    if (!licence || !entry.is_regular_file() || entry.file_size() > static_cast<uintmax_t>(kMaxTextBytes)) continue;
    licences.push_back({as_utf8(name), as_utf8(read_file(entry.path(), kMaxTextBytes))});
  }
  std::sort(licences.begin(), licences.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
  return licences;
}

/// The model of a tokenizer.json, else what the files' names say.
std::string tokenizer_kind(const HfDirectory& directory) {
  const auto has = [&](std::string_view name) {
    return std::any_of(directory.tokenizer_files.begin(), directory.tokenizer_files.end(),
                       [&](const fs::path& path) { return path.filename() == name; });
  };
  if (has("tokenizer.json")) {
    const fs::path path = directory.encoder / "tokenizer.json";
    const Json json = parse_json(read_file(path, kMaxTokenizerBytes), path.string());
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

void inspect_weights(const HfDirectory& directory, int64_t num_labels, ModelInspection& result) {
  const auto file = format::Safetensors::open(weights_file(directory));
  result.file_bytes = static_cast<int64_t>(fs::file_size(weights_file(directory)));
  std::map<std::string, ModelInspection::DTypeCount> counts;
  for (const auto& tensor : file.tensors()) {
    const int64_t elements = tensor.size_bytes() / format::dtype_size_bytes(tensor.dtype);
    auto& count = counts[std::string(format::dtype_name(tensor.dtype))];
    ++count.tensors;
    count.elements += elements;
    if (format::is_floating(tensor.dtype)) result.parameters += elements;
  }
  for (auto& [dtype, count] : counts) result.dtypes.push_back({dtype, count.tensors, count.elements});
  result.shape = read_bert_shape(directory.config, directory.config_path().string());
  result.names = map_bert_names(file.tensors(), *result.shape,
                                {.architecture = result.architecture, .num_labels = num_labels}, file.file_name());
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

Json shape_json(const BertShape& shape) {
  return Json{{"vocab_size", shape.vocab_size}, {"hidden_size", shape.hidden_size},
              {"layers", shape.layers},         {"intermediate_size", shape.intermediate_size},
              {"positions", shape.positions},   {"token_types", shape.token_types}};
}

}  // namespace

ModelInspection inspect_model(const fs::path& path, int64_t num_labels) {
  const HfDirectory directory = open_hf_directory(path);
  ModelInspection result;
  result.directory = as_utf8(path.string());
  result.model_type = directory.model_type();
  result.architecture = directory.architecture();
  if (directory.sentence_transformers) {
    result.pooling = directory.sentence_transformers->pooling;
    result.max_tokens = directory.sentence_transformers->max_tokens;
    result.other_modules = directory.sentence_transformers->other_modules;
  }
  result.licence_of_card = licence_of_card(path);
  result.licences = licence_files(path);
  try {
    result.tokenizer = tokenizer_kind(directory);
    inspect_weights(directory, num_labels, result);
  } catch (const Error& error) {
    if (error.code() == Code::kBug) throw;
    result.problem = error.message();
  }
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
              {"file_bytes", inspection.file_bytes},
              {"dtypes", std::move(dtypes)},
              {"shape", inspection.shape ? shape_json(*inspection.shape) : Json()},
              {"tokenizer", inspection.tokenizer},
              {"pooling", inspection.pooling},
              {"max_tokens", inspection.max_tokens ? Json(*inspection.max_tokens) : Json()},
              {"other_modules", inspection.other_modules},
              {"licence_of_card", inspection.licence_of_card},
              {"licences", std::move(licences)},
              {"names", inspection.names ? names_json(*inspection.names) : Json()},
              {"problem", inspection.problem}};
}

}  // namespace rift::checkpoint
