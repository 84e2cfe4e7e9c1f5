#include "rift/checkpoint/model_files.h"

#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "rift/base/error.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/licence.h"

namespace rift::checkpoint {
namespace {

constexpr std::array<std::string_view, 8> kCompanions = {
    "config.json",         "generation_config.json",   "modules.json", "sentence_bert_config.json",
    "chat_template.jinja", "preprocessor_config.json", "README.md",    "config_sentence_transformers.json",
};
constexpr std::string_view kIndex = ".index.json";

std::string_view folder_of(std::string_view name) { return name.substr(0, name.rfind('/') + 1); }
std::string_view base_of(std::string_view name) { return name.substr(name.rfind('/') + 1); }

/// "" or a module of sentence-transformers, "1_Pooling/".
bool is_model_folder(std::string_view folder) {
  if (folder.empty()) return true;
  const size_t digits = folder.find_first_not_of("0123456789");
  return digits > 0 && digits != folder.npos && folder[digits] == '_' && folder.find('/') == folder.size() - 1;
}

bool matches(std::string_view pattern, std::string_view name) {
  return ::fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), 0) == 0;
}

bool is_licence_or_card(std::string_view name) { return name == "README.md" || is_licence_name(std::string(name)); }

/// The files of a folder's weights: the preferred one, or an index and its shards.
std::vector<std::string> weights_in(std::span<const std::string> names, std::string_view folder) {
  const std::set<std::string_view> all(names.begin(), names.end());
  const auto there = [&](const std::string& name) { return all.contains(name); };
  for (const std::string_view file : weights_file_names()) {
    const std::string name = std::string(folder) + std::string(file);
    if (!there(name)) continue;
    std::vector<std::string> files = {name};
    if (!file.ends_with(kIndex)) return files;
    const std::string_view whole = file.substr(0, file.size() - kIndex.size());  // "model.safetensors"
    const size_t dot = whole.rfind('.');
    const std::string shards = fmt::format("{}{}-*-of-*{}", folder, whole.substr(0, dot), whole.substr(dot));
    std::ranges::copy_if(names, std::back_inserter(files), [&](const std::string& it) { return matches(shards, it); });
    return files;
  }
  std::vector<std::string> gguf;
  std::ranges::copy_if(names, std::back_inserter(gguf),
                       [&](const std::string& name) { return name.ends_with(".gguf") && folder_of(name) == folder; });
  RIFT_REQUIRE(gguf.size() < 2, Code::kConfig,
               "there are {} files of weights, which differ in precision: {}; choose "
               "one with --include",
               gguf.size(), fmt::join(gguf, ", "));
  return gguf;
}

std::vector<std::string> included(std::span<const std::string> names, std::span<const std::string> include) {
  for (const std::string& pattern : include) {
    RIFT_REQUIRE(std::ranges::any_of(names, [&](const std::string& name) { return matches(pattern, name); }),
                 Code::kConfig, "--include '{}': no file of the model matches; it has {}", shorten(pattern),
                 shorten(fmt::format("{}", fmt::join(names, ", ")), 600));
  }
  std::vector<std::string> files;
  for (const std::string& name : names) {
    const bool asked = std::ranges::any_of(include, [&](const std::string& pattern) { return matches(pattern, name); });
    if (asked || is_licence_or_card(name)) files.push_back(name);
  }
  return files;
}

}  // namespace

bool is_companion_file(std::string_view name) {
  if (!is_model_folder(folder_of(name))) return false;
  const std::string_view base = base_of(name);
  const auto tokenizer = tokenizer_file_names();
  return std::ranges::find(kCompanions, base) != kCompanions.end() ||
         std::ranges::find(tokenizer, base) != tokenizer.end() || is_licence_name(std::string(base));
}

std::vector<std::string> needed_files(std::span<const std::string> names, std::span<const std::string> include) {
  if (!include.empty()) return included(names, include);
  std::set<std::string> wanted;
  std::set<std::string_view> folders = {""};
  for (const std::string& name : names) {
    if (is_companion_file(name)) wanted.insert(name);
    if (is_model_folder(folder_of(name))) folders.insert(folder_of(name));
  }
  std::map<std::string_view, std::vector<std::string>> names_in;
  for (const std::string& name : names) names_in[folder_of(name)].push_back(name);
  bool has_weights = false;
  for (const std::string_view folder : folders) {
    const std::vector<std::string> weights = weights_in(names_in[folder], folder);
    has_weights = has_weights || !weights.empty();
    wanted.insert(weights.begin(), weights.end());
  }
  RIFT_REQUIRE(has_weights, Code::kUnsupported,
               "the model has no weights that rift reads ({} or a .gguf file); it has {}",
               fmt::join(weights_file_names(), ", "), shorten(fmt::format("{}", fmt::join(names, ", ")), 600));
  std::vector<std::string> files;
  std::ranges::copy_if(names, std::back_inserter(files),
                       [&](const std::string& name) { return wanted.contains(name); });
  return files;
}

}  // namespace rift::checkpoint
