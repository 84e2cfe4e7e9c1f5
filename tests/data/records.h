#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "rift/data/load_dataset.h"
#include "support/failure.h"
#include "support/outside_data.h"
#include "support/temp_directory.h"

namespace rift::test {

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
