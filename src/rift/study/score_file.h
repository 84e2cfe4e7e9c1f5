#pragma once

#include <cstdint>
#include <string>

#include "rift/score/scorer.h"

namespace rift::study {

struct ScoreFileSpec {
  std::string package;  // directory
  std::string source;   // a file, a glob or "sql: SELECT ..."
  std::string out;      // .parquet, .csv, .csv.gz or .jsonl
  std::string rejects;  // the same, for rows that cannot be scored; empty: such a row is an error
  std::string device = "cpu";
  score::Precision precision = score::Precision::kF32;
};

struct ScoreFileResult {
  int64_t rows = 0;      // scored
  int64_t rejected = 0;  // not scored; `rejects` says why, for lines behind an open quotation mark in one row for all
  int64_t quoted = 0;    // of `rejected`: lines that an open quotation mark took along
  double seconds = 0.0;  // from the first row read to the last score written, loading of the package left out
};

/// Scores a source of any size batch by batch, in its order, with the source's ids. Both files appear whole or not at
/// all. Throws kData for a row that cannot be scored when no rejects file was asked for (row number and reason, never a
/// value), kConfig when both files are one, kArtefact for the package or a missing source, kEnvironment for the output,
/// kInterrupted.
ScoreFileResult score_file(const ScoreFileSpec& spec);

}  // namespace rift::study
