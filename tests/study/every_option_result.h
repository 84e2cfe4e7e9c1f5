#pragma once

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/sha256.h"
#include "study/every_option_table.h"

/// What a run leaves, to be compared with what it leaves under another setting.
namespace rift::test {

/// What a run says and leaves, file by file; what only repeats settings or the clock is left out.
using Result = std::map<std::string, std::string>;

inline Json without(Json json, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) json.erase(key);
  if (Json* models = json.find("models"); models != nullptr && models->is_array()) {
    for (Json& model : models->as_array()) model = without(std::move(model), keys);
  }
  return json;
}

inline void add_file(const std::filesystem::path& file, const std::string& name, Result& result) {
  static const std::map<std::string, std::vector<std::string>> kRepeated = {
      {"rift.json", {"training"}},
      {"compare.json", {"train_seconds", "train_seconds_total", "score_rows_per_second"}},
      {"search.json", {"sampler", "pruner", "metrics"}},
      {"curve.json", {"stop_below", "metric", "seeds"}},
      {"metrics.json", {"objective", "max_tokens", "precision", "seed"}}};  // of a pretraining
  const std::string own = file.filename().string();
  for (const char* skipped : {"run.yaml", "manifest.json", "timing.jsonl", "report.html", "README.md", "state.json",
                              "mlflow.json", "study.db", "study.json", "adapter_config.json"}) {
    if (own == skipped) {
      result[name] = "is there";
      return;
    }
  }
  const auto repeated = kRepeated.find(own);
  result[name] =
      repeated == kRepeated.end() ? sha256_file(file) : to_json_text(without(read_json(file), repeated->second));
}

inline Result result_in(const std::filesystem::path& directory) {
  Result result;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) add_file(entry.path(), entry.path().lexically_relative(directory).string(), result);
  }
  return result;
}

/// Names of the experiments and runs in a file store of MLflow.
inline void add_store(const std::filesystem::path& folder, const std::string& name, Result& result) {
  if (!std::filesystem::exists(folder)) return;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().filename() != "meta.yaml") continue;
    const Json meta = parse_yaml(read_file(entry.path()), "meta.yaml");
    const Json* run = meta.find("run_name");
    result[name] += run == nullptr ? "experiment " + meta.at("name").as_string() : "run " + run->as_string();
  }
}

/// "a=1;b=2" as a list for --set.
inline std::vector<std::string> split_sets(std::string_view sets) {
  std::vector<std::string> list;
  std::istringstream text{std::string(sets)};
  for (std::string set; std::getline(text, set, ';');) {
    if (!set.empty()) list.push_back(set);
  }
  return list;
}

inline std::string case_name(const OptionCase& one) {
  std::string name;
  for (const char c : one.option) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += c;
    else if (!name.ends_with('_'))
      name += '_';
  }
  return name;
}

}  // namespace rift::test
