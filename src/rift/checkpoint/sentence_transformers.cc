#include "rift/checkpoint/sentence_transformers.h"

#include <array>
#include <string_view>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr JsonLimits kLimits = {.max_depth = 16, .max_values = 100'000, .max_bytes = int64_t{4} << 20};

// The switches of 1_Pooling/config.json; several on means concatenated vectors.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kPoolingKeys = {{
    {"pooling_mode_cls_token", "cls"},
    {"pooling_mode_mean_tokens", "mean"},
    {"pooling_mode_lasttoken", "last"},
    {"pooling_mode_max_tokens", "max"},
    {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
    {"pooling_mode_weightedmean_tokens", "weightedmean"},
}};

std::string pooling_of(const Json& config) {
  if (const Json* mode = config.find("pooling_mode"); mode != nullptr && mode->is_string()) {  // since version 5
    return mode->as_string() == "lasttoken" ? "last" : mode->as_string();
  }
  std::string names;
  for (const auto& [key, name] : kPoolingKeys) {
    const Json* value = config.find(key);
    if (value == nullptr || !value->is_bool() || !value->as_bool()) continue;
    if (!names.empty()) names += "+";
    names += name;
  }
  return names;
}

/// A module's folder: inside the directory, whatever modules.json says.
fs::path module_folder(const std::string& text, const fs::path& source) {
  const fs::path folder(text);
  bool inside = !folder.is_absolute();
  for (const auto& part : folder) inside = inside && part != "..";
  RIFT_REQUIRE(inside, Code::kArtefact, "{}: path '{}': expected a folder inside the model directory", source.string(),
               shorten(text));
  return folder;
}

/// "sentence_transformers.models.Transformer" -> "Transformer"
std::string class_of(const std::string& type) { return type.substr(type.rfind('.') + 1); }

std::optional<int64_t> read_max_tokens(const fs::path& folder) {
  const fs::path path = folder / "sentence_bert_config.json";
  if (!is_there(path)) return std::nullopt;
  const Json config = read_json(path, kLimits);
  const Json* value = config.find("max_seq_length");
  if (value == nullptr || !value->is_integer() || value->as_int() < 1) return std::nullopt;
  return value->as_int();
}

}  // namespace

std::optional<SentenceTransformers> read_sentence_transformers(const fs::path& directory) {
  const fs::path source = directory / "modules.json";
  if (!is_there(source)) return std::nullopt;
  SentenceTransformers result;
  bool has_transformer = false;
  const Json modules = read_json(source, kLimits);
  RIFT_REQUIRE(modules.is_array(), Code::kArtefact, "{}: expected a list of modules, got {}", source.string(),
               modules.kind_name());
  for (const auto& module : modules.as_array()) {
    const std::string type = class_of(module.at("type").as_string());
    const fs::path folder = module_folder(module.at("path").as_string(), source);
    if (type == "Transformer" && !has_transformer) {
      has_transformer = true;
      result.transformer = folder;
      result.max_tokens = read_max_tokens(directory / folder);
    } else if (type == "Pooling") {
      result.pooling = pooling_of(read_json(directory / folder / "config.json", kLimits));
    } else if (type == "Normalize") {
      result.normalizes = true;
    } else {
      result.other_modules.push_back(type);
    }
  }
  RIFT_REQUIRE(has_transformer, Code::kUnsupported, "{}: no module of type Transformer; rift reads encoders only",
               source.string());
  return result;
}

void write_sentence_transformers(const fs::path& directory, const SentenceTransformersSpec& spec) {
  const auto module = [](int64_t index, const char* path, const char* type) {
    return Json{{"idx", index},
                {"name", std::to_string(index)},
                {"path", path},
                {"type", std::string("sentence_transformers.models.") + type}};
  };
  const Json modules(Json::Array{module(0, "", "Transformer"), module(1, "1_Pooling", "Pooling")});
  Json pooling = Json{{"word_embedding_dimension", spec.width}};
  bool known = false;
  for (const auto& [key, name] : kPoolingKeys) {
    pooling[key] = name == spec.pooling;
    known = known || name == spec.pooling;
  }
  RIFT_CHECK(known);
  const Json encoder = Json{{"max_seq_length", spec.max_tokens}, {"do_lower_case", false}};
  fs::create_directories(directory / "1_Pooling");
  write_file_atomic(directory / "modules.json", to_json_text(modules, 2));
  write_file_atomic(directory / "1_Pooling" / "config.json", to_json_text(pooling, 2));
  write_file_atomic(directory / "sentence_bert_config.json", to_json_text(encoder, 2));
}

}  // namespace rift::checkpoint
