#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/data/leakage.h"
#include "rift/data/load_dataset.h"
#include "rift/package/loaders.h"
#include "rift/study/compare.h"
#include "rift/study/early_stopping.h"
#include "rift/study/judgement.h"
#include "rift/study/model_run.h"
#include "rift/study/report/data.h"
#include "rift/study/run/decided_options.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/place.h"
#include "rift/study/run/provenance.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

class TrainRun {
 public:
  explicit TrainRun(const StudySpec& spec) : spec_(with_backbone(spec, /*needed=*/true)) {
    RIFT_REQUIRE(spec_.init_from.empty() || fs::exists(spec_.init_from), Code::kArtefact,
                 "--init-from {}: there is nothing of that name; expected a package, a run or an adapter's directory",
                 spec_.init_from.string());
    spec_.options.compare.models = {ModelKind::kFineTuned};
    spec_.options.compare.seeds = 1;
    take_one_fold(spec_.options.split);
    place_.emplace(take_place(spec_, kMetricsFile));
    dataset_ = data::load_dataset({.task = spec_.options.task,
                                   .data = spec_.options.data,
                                   .split = spec_.options.split,
                                   .base_directory = fs::absolute(spec_.run_file).parent_path()});
    parts_.push_back(parts_of(dataset_.split));
    const std::string why = why_skipped(ModelKind::kFineTuned, dataset_, spec_.options);
    RIFT_REQUIRE(why.empty(), Code::kConfig, "{}", why);
    check_early_stopping(spec_.options, parts_);
    inputs_ = inputs_json(spec_, dataset_);
    leaks_ = data::find_leaks(dataset_);
    data::log_leaks(leaks_);
  }

  Json run() {
    const Json made = made_from(spec_, inputs_, parts_.front().split.digest);
    if (auto before = finished_result(spec_, kMetricsFile, made)) {
      write_search();
      write_report(spec_.directory, spec_.directory / "report.html");
      return *before;
    }
    forget_results(spec_.directory);
    write_run_yaml(spec_.directory, resolved_options(spec_, dataset_));
    const auto learner = make_learner(ModelKind::kFineTuned,
                                      {.options = spec_.options, .device = spec_.device, .init_from = spec_.init_from});
    const RunSpec run_spec{.dataset = dataset_,
                           .parts = parts_.front(),
                           .seed = spec_.options.train.seed,
                           .options = spec_.options,
                           .directory = spec_.directory,
                           .resume = spec_.resume,
                           .overwrite = spec_.overwrite,
                           .made_from = made_from_of_checkpoints(made)};
    const ModelRun run = run_model(*learner, run_spec);
    const std::vector<int64_t>& validation_rows = parts_.front().fit.validation;
    const score::RawScores validation = score_rows(*run.scorer, dataset_, validation_rows);
    const Json metrics = judged(run, validation);
    publish(run, metrics);
    write(run, validation, metrics);
    return metrics;
  }

 private:
  Json judged(const ModelRun& run, const score::RawScores& validation) const {
    const Parts& parts = parts_.front();
    Json metrics = Json::object();
    metrics["test"] =
        validate::to_json(validate::evaluate(Judged(dataset_, parts.test, run.test, run.calibrator).rows()));
    if (!parts.fit.validation.empty()) {
      const Judged rows(dataset_, parts.fit.validation, validation, run.calibrator);
      metrics["validation"] = validate::to_json(validate::evaluate(rows.rows()));
    }
    if (const Json* forgetting = run.summary.find("forgetting")) metrics["forgetting"] = *forgetting;
    metrics["leakage"] = data::to_json(leaks_);
    return metrics;
  }

  score::PolicyOptions policy() const {
    return resolved_policy(spec_.options.policy, dataset_, parts_.front().fit.train);
  }

  void publish(const ModelRun& run, const Json& metrics) const {
    package::write_package(
        spec_.directory / "package",
        {.scorer = *run.scorer,
         .calibrator = run.calibrator,
         .policy = policy(),
         .training = training_json(
             {.spec = spec_, .dataset = dataset_, .parts = parts_.front(), .run = run, .inputs = inputs_}, metrics),
         .dataset = dataset_},
        package::all_loaders(spec_.device));
  }

  /// Of the comparison whose place this run takes. Late, since the training may have begun from one of its packages.
  void forget_older_models() const {
    const fs::path models = spec_.directory / "models";
    for (const auto& entry : enum_names(ModelKind{})) forget_model(models / entry.name);
    std::error_code ignored;
    fs::remove(models, ignored);
  }

  void write(const ModelRun& run, const score::RawScores& validation, const Json& metrics) const {
    const fs::path& directory = spec_.directory;
    const Parts& parts = parts_.front();
    std::vector<ScoredRows> scored;
    const auto add = [&](data::Part part, const std::vector<int64_t>& rows, const score::RawScores& raw) {
      scored.push_back({.model = "fine-tuned",
                        .seed = run.seed,
                        .part = part,
                        .rows = rows,
                        .raw = raw,
                        .calibrator = run.calibrator,
                        .policy = policy()});
    };
    add(data::Part::kTest, parts.test, run.test);
    add(data::Part::kValidation, parts.fit.validation, validation);
    write_predictions(directory / "predictions.parquet", dataset_, scored);

    RunOptions resolved = resolved_options(spec_, dataset_);
    set_decided({.dataset = dataset_, .parts = parts_, .runs = {&run}}, resolved);
    write_run_yaml(directory, resolved);
    Json manifest = manifest_json(spec_, inputs_, parts.split.digest);
    manifest["training"] = run.summary;
    manifest["calibrated_on"] = calibrated_on_name(run.calibrated_on);
    const Judged test(dataset_, parts.test, run.test, run.calibrator);
    Json data = report_data({.dataset = dataset_, .parts = parts_, .leaks = leaks_},
                            Json{{"fine-tuned", validate::curves(test.rows())}}, Json::object());
    data["policy"] = policy_json(spec_.options.task, spec_.options.policy, policy());
    write_json(directory / "report.json", data);
    forget_older_models();
    write_search();  // first: by it the same command knows a finished search that was stopped before its report
    write_json(directory / kMetricsFile, metrics);
    manifest["results"] = results_json(directory);
    write_json(directory / "manifest.json", manifest);
    write_report(directory, directory / "report.html");
  }

  /// Before the report, which shows it.
  void write_search() const {
    if (!spec_.search.is_null()) write_json(spec_.directory / kSearchFile, spec_.search);
  }

  StudySpec spec_;
  std::optional<DirectoryLock> place_;  // held as long as the run lasts
  data::Dataset dataset_;
  std::vector<Parts> parts_;
  Json inputs_;
  std::vector<data::Leak> leaks_;
};

}  // namespace

Json run_train(const StudySpec& spec) {
  return without_trace(spec.directory, [&] { return TrainRun(spec).run(); });
}

}  // namespace rift::study
