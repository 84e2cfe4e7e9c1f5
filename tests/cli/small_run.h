#pragma once

#include <string>

#include "package/small_dataset.h"

namespace rift::test {

/// Sentences of the small vocabulary with their outcomes, as `rows.csv`.
inline void write_small_rows(const TempDirectory& folder, int64_t rows) {
  std::string text = "note,outcome\n";
  const data::Dataset dataset = small_dataset(rows);
  const data::Texts& notes = dataset.table.at("note").texts();
  for (int64_t row = 0; row < rows; ++row) {
    const bool late = dataset.label[static_cast<size_t>(row)] > 0;
    text += std::string(notes.get(row).value()) + (late ? ",late\n" : ",good\n");
  }
  folder.write("rows.csv", text);
}

/// A fine-tuning in `folder` that takes a second: rows.csv, general.txt (texts without labels), base/ (a small BERT
/// with its language head) and run.yaml, to which `more` is added.
inline void write_small_run(const TempDirectory& folder, const std::string& more = {}, int64_t rows = 120) {
  write_small_rows(folder, rows);
  general_texts(folder);
  language_backbone(folder);
  folder.write("run.yaml",
               R"(data: {source: rows.csv, label: {column: outcome, positive: [late]}, columns: {note: text}}
split: {kind: random, test: 0.2, validation: 0.2, calibration: 0}
model: {text: {backbone: base, max_tokens: 12}}
)" + more);
}

}  // namespace rift::test
