#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/train/pretrain/options.h"

/// A pretraining as a run with a directory.
namespace rift::study {

/// Reads run.yaml of `rift pretrain`; `sets` are --set a.b=c in order. Throws kArtefact (missing), kConfig.
train::PretrainOptions read_pretrain_run(const std::filesystem::path& file, const std::vector<std::string>& sets);

OptionDoc describe_pretrain_options();

struct PretrainRunSpec {
  train::PretrainOptions options;
  std::filesystem::path run_file;   // relative paths of `options` are relative to its folder
  std::filesystem::path directory;  // of the run
  std::string device = "cpu";
  bool resume = false;
  bool overwrite = false;
  std::filesystem::path init_from;  // empty = none
};

/// Trains, publishes DIR/model and writes run.yaml, manifest.json and metrics.json, which is what it returns. Throws
/// kConfig when a finished run lies in the directory, see run_place.h, and as train::pretrain() does.
Json run_pretrain(const PretrainRunSpec& spec);

/// metrics.json as people read it on a terminal.
std::string pretrain_text(const Json& metrics);

}  // namespace rift::study
