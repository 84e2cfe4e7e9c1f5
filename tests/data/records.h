#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/failure.h"
#include "base/temp_directory.h"
#include "rift/data/load_dataset.h"

namespace rift::test {

/// A file of the real data that is not part of the repository; empty when it is not there.
inline std::filesystem::path real_data(std::string_view file) {
  const char* folder = std::getenv("RIFT_TEST_DATA");
  const auto path = std::filesystem::path(folder != nullptr ? folder : "../shared/data") / file;
  return std::filesystem::exists(path) ? std::filesystem::absolute(path) : std::filesystem::path();
}

#define RIFT_SKIP_WITHOUT(path) \
  if ((path).empty()) GTEST_SKIP() << "outside data is not there; set RIFT_TEST_DATA to its folder"

/// What most tests load: one file, a label, everything else as it is guessed.
inline data::LoadSpec spec_of(const std::filesystem::path& file, std::string label,
                              data::Task task = data::Task::kBinary) {
  data::LoadSpec spec;
  spec.task = task;
  spec.data.source = file.string();
  spec.data.label.column = std::move(label);
  return spec;
}

/// Rows "0,1,..." of a table with a balanced 0/1 label `y` and a number `x`.
inline std::string plain_csv(int64_t rows) {
  std::string text = "x,y\n";
  for (int64_t i = 0; i < rows; ++i) text += fmt::format("{},{}\n", 0.5 + static_cast<double>(i * 7 % 11), i % 2);
  return text;
}

}  // namespace rift::test
