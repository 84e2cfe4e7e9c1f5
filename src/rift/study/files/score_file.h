#pragma once

#include <string>

#include "rift/score/scorer.h"
#include "rift/study/files/row_files.h"

namespace rift::study {

struct ScoreFileSpec {
  std::string package;  // directory
  std::string source;   // a file, a glob or "sql: SELECT ..."
  std::string out;      // .parquet, .csv, .csv.gz or .jsonl
  std::string rejects;  // the same, for rows that cannot be scored; empty: such a row is an error
  std::string device = "cpu";
  score::Precision precision = score::Precision::kF32;
};

/// Scores a source of any size batch by batch, in its order, with the source's ids. Each file appears whole or not at
/// all, the rejects first. Throws kData for a row that cannot be scored when no rejects file was asked for (row number
/// and reason, never a value), kConfig when both files are one, kArtefact for the package or a missing source,
/// kEnvironment for the output, kInterrupted.
RowCounts score_file(const ScoreFileSpec& spec);

}  // namespace rift::study
