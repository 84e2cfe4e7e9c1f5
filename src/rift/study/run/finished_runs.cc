#include "rift/study/run/finished_runs.h"

#include <array>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/study/run/kept_scores.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

constexpr std::array kKept = {&ModelRun::test, &ModelRun::out_of_fold, &ModelRun::calibration};

constexpr const char* kRunFile = "run.json";

Json run_json(const ModelRun& run, const std::string& fingerprint) {
  return Json{{"fingerprint", fingerprint},
              {"calibrated_on", static_cast<int64_t>(run.calibrated_on)},
              {"train_seconds", run.train_seconds},
              {"out_of_fold_seconds", run.out_of_fold_seconds},
              {"score_rows_per_second", run.score_rows_per_second},
              {"tries", run.tries},
              {"judged_by", run.judged_by},
              {"settings", run.settings},
              {"summary", run.summary}};
}

}  // namespace

FinishedRuns::FinishedRuns(const UnfinishedSpec& spec, package::PartLoaders loaders)
    : root_(claim_unfinished(spec)), resume_(spec.resume), loaders_(std::move(loaders)) {}

fs::path FinishedRuns::place(const std::string& model, size_t split, int64_t seed) const {
  return root_ / model / fmt::format("{}-{}", split, seed);
}

std::optional<ModelRun> FinishedRuns::find(const std::string& model, size_t split, int64_t seed,
                                           const std::string& fingerprint) {
  const fs::path folder = place(model, split, seed);
  if (!resume_ || !fs::exists(folder / kRunFile)) return std::nullopt;
  const Json json = read_json(folder / kRunFile);
  if (json.at("fingerprint").as_string() != fingerprint) return std::nullopt;
  package::Package package = package::load_package(folder / "package", loaders_);
  ModelRun run{.split = split, .seed = seed};
  std::vector<score::RawScores> kept = read_kept_scores(folder / "scores.parquet", kKept.size());
  for (size_t i = 0; i < kKept.size(); ++i) {
    run.*kKept[i] = std::move(kept[i]);
    (run.*kKept[i]).variance_power = package.scorer->no_scores().variance_power;
  }
  run.calibrator = package.calibrator;
  run.calibrated_on = static_cast<CalibratedOn>(json.at("calibrated_on").as_int());
  run.train_seconds = json.at("train_seconds").as_double();
  run.out_of_fold_seconds = json.at("out_of_fold_seconds").as_double();
  run.score_rows_per_second = json.at("score_rows_per_second").as_double();
  run.tries = json.at("tries");
  run.judged_by = json.at("judged_by");
  run.settings = json.at("settings");
  run.summary = json.at("summary");
  run.scorer = std::move(package.scorer);
  log_info("finished before", {{"model", model}, {"split", static_cast<int64_t>(split)}, {"seed", seed}});
  return run;
}

void FinishedRuns::keep(const std::string& model, const ModelRun& run, const RunSpec& spec,
                        const std::string& fingerprint) {
  const fs::path folder = place(model, run.split, run.seed);
  fs::create_directories(folder);
  // First: an older run's file must not vouch for what is written now, were we stopped half-way.
  fs::remove(folder / kRunFile);
  package::write_package(folder / "package",
                         {.scorer = *run.scorer,
                          .calibrator = run.calibrator,
                          .policy = resolved_policy(spec.options.policy, spec.dataset, spec.parts.fit.train),
                          .training = Json::object(),
                          .dataset = spec.dataset},
                         loaders_);
  std::array<const score::RawScores*, kKept.size()> kept{};
  for (size_t i = 0; i < kKept.size(); ++i) kept[i] = &(run.*kKept[i]);
  write_kept_scores(folder / "scores.parquet", kept);
  // Last: a run counts as finished when this file is there.
  write_file_atomic(folder / kRunFile, to_json_text(run_json(run, fingerprint), 2));
}

void FinishedRuns::remove() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

}  // namespace rift::study
