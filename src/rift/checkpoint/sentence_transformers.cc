#include "rift/checkpoint/sentence_transformers.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/json_numbers.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr JsonLimits kLimits = {.max_depth = 16, .max_values = 100'000, .max_bytes = int64_t{4} << 20};
constexpr JsonLimits kTokenizerLimits = {.max_depth = 16, .max_values = 1'000'000, .max_bytes = int64_t{64} << 20};

// The switches of 1_Pooling/config.json; several on means concatenated vectors.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kPoolingKeys = {{
    {"pooling_mode_cls_token", "cls"},
    {"pooling_mode_mean_tokens", "mean"},
    {"pooling_mode_lasttoken", "last"},
    {"pooling_mode_max_tokens", "max"},
    {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
    {"pooling_mode_weightedmean_tokens", "weightedmean"},
}};

constexpr std::string_view kBertConfig = "sentence_bert_config.json";
constexpr std::string_view kLibraryConfig = "config_sentence_transformers.json";

/// A mapping of a file whose members are asked for by kind.
class Settings {
 public:
  explicit Settings(const fs::path& file, const JsonLimits& limits = kLimits)
      : file_(file), json_(read_json_with_large_numbers(file, limits)) {
    RIFT_REQUIRE(json_.is_object(), Code::kArtefact, "{}: expected a mapping, got {}", file.string(),
                 json_.kind_name());
  }
  const Json::Object& members() const { return json_.as_object(); }
  /// nullptr where it is not there or null.
  const Json* find(std::string_view key, bool (Json::*is_kind)() const, std::string_view kind) const {
    const Json* value = json_.find(std::string(key));
    if (value == nullptr || value->is_null()) return nullptr;
    RIFT_REQUIRE((value->*is_kind)(), Code::kArtefact, "{}: '{}': expected {}, got {}", file_.string(), key, kind,
                 value->kind_name());
    return value;
  }
  bool holds(std::string_view key) const {
    const Json* value = find(key, &Json::is_bool, "true or false");
    return value != nullptr && value->as_bool();
  }
  std::string text(std::string_view key) const {
    const Json* value = find(key, &Json::is_string, "a text");
    return value == nullptr ? std::string() : value->as_string();
  }
  /// Above 0; nothing where it is beyond any model, as transformers writes a length that nobody set.
  std::optional<int64_t> count(std::string_view key) const {
    constexpr double kMost = 1e6;
    const Json* value = find(key, &Json::is_number, "a whole number above 0");
    if (value == nullptr || value->as_double() > kMost) return std::nullopt;
    RIFT_REQUIRE(value->is_integer() && value->as_int() > 0, Code::kArtefact,
                 "{}: '{}': expected a whole number above 0, got {}", file_.string(), key, to_json_text(*value));
    return value->as_int();
  }
  const Json* json(std::string_view key) const { return json_.find(std::string(key)); }

 private:
  fs::path file_;
  Json json_;
};

/// A pooling by the library's name for it, as rift calls it.
std::string pooling_named(const Json& mode, const fs::path& file) {
  RIFT_REQUIRE(mode.is_string(), Code::kArtefact, "{}: 'pooling_mode': expected a text or a list of texts, got {}",
               file.string(), mode.kind_name());
  const std::string name = mode.as_string() == "lasttoken" ? "last" : mode.as_string();
  RIFT_REQUIRE(std::ranges::any_of(kPoolingKeys, [&](const auto& known) { return known.second == name; }),
               Code::kUnsupported, "{}: 'pooling_mode': '{}' is not one that rift knows", file.string(),
               shorten(mode.as_string()));
  return name;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : "+") + name;
  return text;
}

/// Without any mode it is the mean, as the library has it.
std::string pooling_of(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  RIFT_REQUIRE(is_there(file), Code::kArtefact,
               "{}: it is not there, and modules.json names its folder; was the model copied without its folders?",
               file.string());
  const Settings config(file);
  for (const Json::Member& member : config.members()) {
    const auto is = [&](const auto& known) { return member.key == known; };
    constexpr std::array<std::string_view, 4> kOthers = {"word_embedding_dimension", "embedding_dimension",
                                                         "include_prompt", "pooling_mode"};
    const bool known = std::ranges::any_of(kOthers, is) ||
                       std::ranges::any_of(kPoolingKeys, [&](const auto& key) { return is(key.first); });
    RIFT_REQUIRE(known, Code::kUnsupported, "{}: '{}' is not a setting of a pooling that rift knows", file.string(),
                 shorten(member.key));
  }
  std::vector<std::string> names;
  if (const Json* mode = config.json("pooling_mode"); mode != nullptr) {  // since version 5
    if (mode->is_array()) {
      for (const Json& one : mode->as_array()) names.push_back(pooling_named(one, file));
    } else {
      names.push_back(pooling_named(*mode, file));
    }
  } else {
    for (const auto& [key, name] : kPoolingKeys) {
      if (config.holds(key)) names.emplace_back(name);
    }
  }
  return names.empty() ? "mean" : joined(names);
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

/// The encoder's own file. It stated the length up to version 4 of the library; tokenizer_config.json does since.
void read_encoder(const fs::path& folder, SentenceTransformers& result) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kUsual = {
      {{"transformer_task", "feature-extraction"}, {"module_output_name", "token_embeddings"}}};
  if (is_there(folder / kBertConfig)) {
    const Settings config(folder / kBertConfig);
    result.max_tokens = config.count("max_seq_length");
    if (config.holds("do_lower_case")) result.other_settings.emplace_back("do_lower_case");
    for (const auto& [key, usual] : kUsual) {
      const std::string value = config.text(key);
      if (!value.empty() && value != usual)
        result.other_settings.push_back(fmt::format("{} '{}'", key, shorten(value)));
    }
  }
  const fs::path tokenizer = folder / "tokenizer_config.json";
  if (!result.max_tokens && is_there(tokenizer)) {
    result.max_tokens = Settings(tokenizer, kTokenizerLimits).count("model_max_length");
  }
}

/// A prompt that the library puts before every text unless it is told otherwise.
void read_prompt(const fs::path& directory, SentenceTransformers& result) {
  if (!is_there(directory / kLibraryConfig)) return;
  const Settings config(directory / kLibraryConfig);
  const std::string name = config.text("default_prompt_name");
  const Json* prompts = config.find("prompts", &Json::is_object, "a mapping");
  const Json* prompt = name.empty() || prompts == nullptr ? nullptr : prompts->find(name);
  if (prompt != nullptr && (!prompt->is_string() || !prompt->as_string().empty())) {
    result.other_settings.push_back(fmt::format("default_prompt_name '{}'", shorten(name)));
  }
}

std::string member_text(const Json& module, const char* key, const fs::path& source) {
  const Json* value = module.is_object() ? module.find(key) : nullptr;
  RIFT_REQUIRE(value != nullptr && value->is_string(), Code::kArtefact,
               "{}: expected a list of mappings with the texts 'type' and 'path', got {} in it", source.string(),
               module.is_object() ? fmt::format("one whose '{}' is none", key) : std::string(module.kind_name()));
  return value->as_string();
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
    const std::string type = class_of(member_text(module, "type", source));
    const fs::path folder = module_folder(member_text(module, "path", source), source);
    if (type == "Transformer" && !has_transformer) {
      has_transformer = true;
      result.transformer = folder;
      read_encoder(directory / folder, result);
    } else if (type == "Pooling") {
      result.pooling = pooling_of(directory / folder);
    } else if (type == "Normalize") {
      result.normalizes = true;
    } else {
      result.other_modules.push_back(type);
    }
  }
  RIFT_REQUIRE(has_transformer, Code::kUnsupported, "{}: no module of type Transformer; rift reads encoders only",
               source.string());
  read_prompt(directory, result);
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
