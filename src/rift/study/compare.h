#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/score/scorer.h"
#include "rift/study/run/options.h"

namespace rift::study {

struct StudySpec {
  RunOptions options;
  std::filesystem::path run_file;   // relative paths of `options` are relative to its folder
  std::filesystem::path directory;  // the run's directory (design: run.yaml, manifest.json, ...)
  std::string device = "cpu";
  bool resume = false;
  bool overwrite = false;           // a finished run in `directory` may be replaced
  std::filesystem::path init_from;  // train only; empty = none
  Json search;                      // train only: search.json, where the run publishes the winner of a search
};

/// Fits, judges and publishes the models of `compare:` on one frozen split; writes the directory of a comparison and
/// its report.html. Returns compare.json. A model that this data has no use for (no text, several classes for a
/// scorecard) stands under "skipped" with the reason. Throws kConfig when a finished run lies in the directory, see
/// run_place.h.
Json run_compare(const StudySpec& spec);

/// Fine-tunes, judges and publishes one model; writes the directory of a run and its report.html. Returns metrics.json.
Json run_train(const StudySpec& spec);

/// report.html anew from a run's or comparison's directory, or from a package.
void write_report(const std::filesystem::path& directory, const std::filesystem::path& out);

struct EvaluateSpec {
  std::filesystem::path package;
  std::string source;
  std::string device = "cpu";
  score::Precision precision = score::Precision::kF32;
};
/// Evaluates a package on labelled rows: {"rows", "metrics", "curves", ...}; in another precision than f32 also what it
/// changes on these rows, whether or not that was measured before.
Json run_evaluate(const EvaluateSpec& spec);

/// The comparison as people read it on a terminal: the table and the verdict.
std::string comparison_text(const Json& compare);
std::string metrics_text(const Json& metrics);

}  // namespace rift::study
