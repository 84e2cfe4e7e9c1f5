#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "support/temp_directory.h"

/// The files of a run's directory, and whether two runs left the same ones.
namespace rift::test {

/// Files below `folder` by their path in it.
inline std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = text_of(entry.path());
  }
  return files;
}

inline std::vector<std::string> names_of(const std::map<std::string, std::string>& files) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : files) names.push_back(name);
  return names;
}

/// What a clock said is not compared: the times of compare.json and with them its digest in manifest.json.
inline std::string without_clock(const std::string& text) {
  Json compare = parse_json(text, "compare.json");
  if (Json* results = compare.find("results")) {
    for (Json& result : results->as_array()) {
      if (result.at("file") == Json("compare.json")) result.erase("sha256");
    }
    return to_json_text(compare);
  }
  for (Json& model : compare["models"].as_array()) {
    for (const char* key : {"train_seconds", "train_seconds_total", "score_rows_per_second"}) model.erase(key);
  }
  return to_json_text(compare);
}

/// The same files with the same bytes, but for what a clock said.
inline void expect_same_run(const std::filesystem::path& run, const std::filesystem::path& whole) {
  const auto got = files_of(run), expected = files_of(whole);
  ASSERT_EQ(names_of(got), names_of(expected));
  for (const auto& [name, bytes] : expected) {
    if (name.ends_with("timing.jsonl") || name == "report.html") continue;
    if (name == "compare.json" || name == "manifest.json")
      EXPECT_EQ(without_clock(got.at(name)), without_clock(bytes)) << name;
    else
      EXPECT_TRUE(got.at(name) == bytes) << name << " has other bytes";
  }
}

}  // namespace rift::test
