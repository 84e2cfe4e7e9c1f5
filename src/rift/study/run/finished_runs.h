#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "rift/package/format/package.h"
#include "rift/study/model_run.h"
#include "rift/study/run/place.h"

namespace rift::study {

/// What a comparison has finished so far, so that one that was stopped goes on: each run of each model with its scores
/// and its package, under <directory>/unfinished/<model>/<split>-<seed>/. Removed when the comparison is done.
class FinishedRuns {
 public:
  /// Throws as claim_unfinished().
  FinishedRuns(const UnfinishedSpec& spec, package::PartLoaders loaders);

  /// `fingerprint`: what the run depends on; a stored run with another one is not used.
  std::optional<ModelRun> find(const std::string& model, size_t split, int64_t seed, const std::string& fingerprint);
  void keep(const std::string& model, const ModelRun& run, const RunSpec& spec, const std::string& fingerprint);
  void remove();

 private:
  std::filesystem::path place(const std::string& model, size_t split, int64_t seed) const;
  std::filesystem::path root_;
  bool resume_;
  package::PartLoaders loaders_;
};

}  // namespace rift::study
