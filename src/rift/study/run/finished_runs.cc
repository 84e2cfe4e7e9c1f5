#include "rift/study/run/finished_runs.h"

#include <array>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/data/table_writer.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

constexpr std::array kKept = {&ModelRun::test, &ModelRun::out_of_fold, &ModelRun::calibration};

constexpr const char* kRunFile = "run.json";

std::string value_column(int64_t output) { return fmt::format("v{}", output); }

void write_scores(const fs::path& file, const ModelRun& run) {
  const int64_t outputs = run.test.outputs;
  std::vector<data::TableWriter::ColumnSpec> columns = {{.name = "what", .whole_number = true}};
  std::vector<data::Numbers> values(static_cast<size_t>(outputs) + 1);
  for (int64_t k = 0; k < outputs; ++k) columns.push_back({.name = value_column(k)});
  for (size_t what = 0; what < kKept.size(); ++what) {
    const score::RawScores& raw = run.*kKept[what];
    for (int64_t row = 0; row < raw.rows; ++row) {
      values[0].values.push_back(static_cast<double>(what));
      for (int64_t k = 0; k < outputs; ++k) {
        values[static_cast<size_t>(k) + 1].values.push_back(raw.values[static_cast<size_t>(row * outputs + k)]);
      }
    }
  }
  data::Table table;
  table.rows = static_cast<int64_t>(values[0].values.size());
  for (size_t i = 0; i < values.size(); ++i) table.add({.name = columns[i].name, .values = std::move(values[i])});
  data::TableWriter writer(file, columns);
  writer.append(table);
  writer.finish();
}

void read_scores(const fs::path& file, int64_t outputs, ModelRun& run) {
  const data::Table table = data::read_table(file);
  const std::vector<double>& what = table.at("what").numbers();
  for (size_t row = 0; row < what.size(); ++row) {
    const auto index = static_cast<size_t>(what[row]);
    RIFT_REQUIRE(index < kKept.size(), Code::kArtefact, "{}: row {} is of no known kind", file.string(), row);
    score::RawScores& raw = run.*kKept[index];
    ++raw.rows;
    raw.outputs = outputs;
    for (int64_t k = 0; k < outputs; ++k) raw.values.push_back(table.at(value_column(k)).numbers()[row]);
  }
}

Json run_json(const ModelRun& run, const std::string& fingerprint) {
  return Json{{"fingerprint", fingerprint},
              {"outputs", run.test.outputs},
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

FinishedRuns::FinishedRuns(fs::path directory, bool resume, package::PartLoaders loaders)
    : root_(std::move(directory) / "unfinished"), resume_(resume), loaders_(std::move(loaders)) {
  if (!resume_) remove();
}

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
  read_scores(folder / "scores.parquet", json.at("outputs").as_int(), run);
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
  write_scores(folder / "scores.parquet", run);
  // Last: a run counts as finished when this file is there.
  write_file_atomic(folder / kRunFile, to_json_text(run_json(run, fingerprint), 2));
}

void FinishedRuns::remove() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

}  // namespace rift::study
