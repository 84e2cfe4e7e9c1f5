#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/package/embedder.h"
#include "rift/score/scorer.h"
#include "rift/study/files/row_files.h"

namespace rift::study {

struct EmbedFileSpec {
  std::string model;                 // directory of a model or a package, or the name of a packaged model
  std::string source;                // a file, a glob or "sql: SELECT ..."; .txt: one text a line
  std::string out;                   // .parquet, .csv, .csv.gz or .jsonl
  std::string rejects;               // the same, for rows that cannot be read; empty: such a row is an error
  std::vector<std::string> columns;  // texts of a row in the model's reading order; empty: the source's only column
  std::optional<std::string> id;     // column; else a package's, else the 0-based row
  models::Pooling pooling = models::Pooling::kAutomatic;
  package::EmbedderSpec::Length length = package::EmbedderSpec::Length::kAsTheModel;
  int64_t max_tokens = 0;  // 0: as package::EmbedderSpec
  score::Precision precision = score::Precision::kF32;
  std::string device = "cpu";
};

struct EmbedFileResult : RowCounts {
  int64_t truncated = 0;  // rows that were cut at max_tokens
  int64_t width = 0;
  int64_t max_tokens = 0;
  std::string pooling;
  bool unit_length = false;
  bool is_package = false;
};

/// One vector for each row of a source of any size, batch by batch, in its order: columns id (text) and v0, v1, ...
/// (32-bit floats). Each file appears whole or not at all, the rejects first. Throws as score_file() and
/// package::Embedder do, kConfig for columns that have to be named or are not there, kData for a line of a
/// text file that is no UTF-8.
EmbedFileResult embed_file(const EmbedFileSpec& spec);

}  // namespace rift::study
