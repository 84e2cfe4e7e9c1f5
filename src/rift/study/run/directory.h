#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/score/calibrator.h"
#include "rift/score/policy.h"
#include "rift/score/scorer.h"
#include "rift/study/compare.h"

/// The files that every run's directory has (docs/architecture.md).
namespace rift::study {

/// The options as they were understood: columns with their kinds, the bad classes, paths of the data as seen from the
/// run's directory. The backbone's place is left as `spec` has it (with_backbone() makes it absolute), the pooling is
/// filled in by set_pooling(). Written as DIR/run.yaml, which runs again.
RunOptions resolved_options(const StudySpec& spec, const data::Dataset& dataset);
/// The pooling that a fine-tuning chose, out of its summary.
void set_pooling(const Json& summary, RunOptions& resolved);

/// `spec` with the backbone's directory made absolute. Throws kArtefact when it is not there and needed.
StudySpec with_backbone(StudySpec spec, bool needed);

void write_run_yaml(const std::filesystem::path& directory, const RunOptions& resolved);

/// Files that a fine-tuning reads beside its rows: texts of objective.anchor and train.forgetting, rates of ewc.
std::vector<std::string*> texts_beside_the_rows(RunOptions& options);

inline constexpr const char* kConfigurationInput = "configuration";
inline constexpr const char* kBackboneInput = "backbone ";
/// `path`, which is relative to run.yaml's folder, as it reads from the run's directory; queries stay as they are.
std::string seen_from(const std::filesystem::path& directory, const std::filesystem::path& run_file,
                      const std::string& path);
/// Name and SHA-256 of a file as an entry of inputs_json().
Json input_json(const std::string& what, const std::filesystem::path& file);
/// Adds a backbone: of a directory its files, of a single file that one.
void add_backbone(const std::filesystem::path& backbone, Json& inputs);
/// What a run is made from: [{"what": "configuration", "records", "captions" or "backbone <name>", "file", "sha256"}].
Json inputs_json(const StudySpec& spec, const data::Dataset& dataset);
/// manifest.json: program, libraries, CPU, threads, device, seeds, split, made_from and the inputs with their SHA-256.
Json manifest_json(const StudySpec& spec, Json inputs, const std::string& split_digest);
/// The files of a run that hold its figures, with their SHA-256: [{"file", "sha256"}]. manifest.json's "results".
Json results_json(const std::filesystem::path& directory);
/// Throws kArtefact when one of them is missing or not what the run wrote; nothing for a manifest without "results" (of
/// an earlier version).
void check_results(const std::filesystem::path& directory, const Json& manifest);
/// Called when it is clear that another run takes the place of the one in `directory`, before that run writes anything:
/// figures, predictions, manifest and report of the earlier one are removed. Its packages stay, each whole and with a
/// manifest of its own, until newer ones replace them or forget_model() is called.
void forget_results(const std::filesystem::path& directory);
/// Removes the package, logs and checkpoints of a fitted model, and the folder when nothing else is in it.
void forget_model(const std::filesystem::path& folder);
void write_json(const std::filesystem::path& file, const Json& json);

/// Some rows as a model scored them, for predictions.parquet.
struct ScoredRows {
  std::string model;
  int64_t seed = 1;
  int64_t split = 0;
  data::Part part = data::Part::kTest;
  std::span<const int64_t> rows;
  const score::RawScores& raw;
  const score::Calibrator& calibrator;
  score::PolicyOptions policy;
  std::optional<int64_t> labels = {};  // that the model learned from, of a learning curve; of all or of none
};
/// The columns of rift score, then part, label (binary 0/1, several classes by name), model, seed, split and labels.
void write_predictions(const std::filesystem::path& file, const data::Dataset& dataset,
                       const std::vector<ScoredRows>& scored);

}  // namespace rift::study
