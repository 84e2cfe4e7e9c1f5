#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/data/schema.h"
#include "rift/score/calibrator.h"
#include "rift/score/policy.h"
#include "rift/score/scorer.h"

namespace rift::package {

/// Loads the model that rift.json's "model" describes.
using PartLoader = std::function<std::unique_ptr<score::Scorer>(const std::filesystem::path& package, const Json& part,
                                                                const data::Schema& schema)>;
/// model kind -> loader. classic_loaders() knows the kinds that need no LibTorch; package/loaders.h adds "fine-tuned".
using PartLoaders = std::map<std::string, PartLoader, std::less<>>;
PartLoaders classic_loaders();
/// The loader of a fusion whose members are of the kinds that `members` knows.
PartLoader fusion_loader(PartLoaders members);
/// The model that `part` describes. Throws kUnsupported for a kind without a loader.
std::unique_ptr<score::Scorer> load_part(const std::filesystem::path& package, const Json& part,
                                         const data::Schema& schema, const PartLoaders& loaders);

/// A model with everything that scoring needs.
struct Package {
  data::Schema schema;
  std::unique_ptr<score::Scorer> scorer;
  score::Calibrator calibrator;
  score::PolicyOptions policy;  // both limits set
  Json training;  // provenance: split digest, source digest, settings, seeds, metrics of the test part ...
  std::filesystem::path path;
  std::string digest;  // SHA-256 of manifest.json
};

/// Whether `training`, of a package, says that it was made from the source of this digest (Dataset::source_sha256).
bool was_trained_on(const Json& training, const std::string& source_sha256);

struct PackageSpec {
  const score::Scorer& scorer;
  const score::Calibrator& calibrator;
  score::PolicyOptions policy;
  Json training;
  const data::Dataset& dataset;  // golden rows are made up from its training rows' ranges; no row of it is stored
};

/// Writes the directory beside `target`, flushes it, loads it back, re-scores its golden rows (kBug when a score
/// differs by more than 1e-6) and renames it. Throws kEnvironment (disk full, permission); nothing is left behind.
void write_package(const std::filesystem::path& target, const PackageSpec& spec, const PartLoaders& loaders);

/// Checks every file against manifest.json, loads the model and scores its golden rows again: a `score` that moved by
/// up to kScoreTolerance with the CPU, the libraries or the device is a warning in the log, more is an error. Throws
/// kArtefact naming the file (missing, another digest, truncated) or the difference, kUnsupported for a model kind
/// without a loader.
Package load_package(const std::filesystem::path& path, const PartLoaders& loaders);

/// Computes in `precision` from now on, for measurements. Throws kUnsupported: see Scorer::use_precision(), and for a
/// model that has no language model in it.
void compute_in(Package& package, score::Precision precision);
/// The same for scores that somebody decides by: also throws as Scorer::require_measured() does.
void use_precision(Package& package, score::Precision precision);

/// What `rift version`, run manifests and package manifests say of the program and the machine: code version,
/// libraries, CPU features, precision, threads.
Json describe_environment();

}  // namespace rift::package
