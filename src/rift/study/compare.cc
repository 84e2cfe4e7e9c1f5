#include "rift/study/compare.h"

#include <algorithm>
#include <set>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/sentences.h"
#include "rift/base/sha256.h"
#include "rift/classic/tfidf_vectorizer.h"
#include "rift/data/leakage.h"
#include "rift/data/load_dataset.h"
#include "rift/package/loaders.h"
#include "rift/study/early_stopping.h"
#include "rift/study/fusion.h"
#include "rift/study/judgement.h"
#include "rift/study/report/data.h"
#include "rift/study/run/decided_options.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/finished_runs.h"
#include "rift/study/run/place.h"
#include "rift/study/run/provenance.h"
#include "rift/study/scoring.h"
#include "rift/study/verdict.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

bool asks_for(const RunOptions& options, ModelKind kind) {
  const auto& models = options.compare.models;
  return std::find(models.begin(), models.end(), kind) != models.end();
}

/// Before any work: a fusion of one model would be that model.
void require_members_of_fusion(const RunOptions& options) {
  if (!asks_for(options, ModelKind::kFusion)) return;
  const std::set<ModelKind> asked(options.compare.models.begin(), options.compare.models.end());
  RIFT_REQUIRE(asked.size() > 2, Code::kConfig,
               "compare.models: a fusion is made out of the scores of at least two other models, got {}; write such as "
               "[gbdt, text-baseline, fusion], out of scorecard, logistic, gbdt, text-baseline and fine-tuned",
               asked.size() - 1);
}

class Comparison {
 public:
  explicit Comparison(const StudySpec& spec)
      : spec_(with_backbone(spec, asks_for(spec.options, ModelKind::kFineTuned))),
        loaders_(package::all_loaders(spec.device)) {
    require_members_of_fusion(spec_.options);
    place_.emplace(take_place(spec_, kCompareFile));
    dataset_ = data::load_dataset({.task = spec_.options.task,
                                   .data = spec_.options.data,
                                   .split = spec_.options.split,
                                   .base_directory = fs::absolute(spec_.run_file).parent_path()});
    parts_ = all_parts(dataset_, spec_.options.split);
    if (asks_for(spec_.options, ModelKind::kFineTuned)) check_early_stopping(spec_.options, parts_);
    inputs_ = inputs_json(spec_, dataset_);
    leaks_ = data::find_leaks(dataset_);
    data::log_leaks(leaks_);
  }

  Json run() {
    made_from_ = made_from(spec_, inputs_, digest_of(parts_));
    if (auto before = finished_result(spec_, kCompareFile, made_from_)) {
      write_report(spec_.directory, spec_.directory / "report.html");
      return *before;
    }
    const std::vector<ModelKind> kinds = kinds_to_fit();
    FinishedRuns finished({.directory = spec_.directory,
                           .resume = spec_.resume,
                           .overwrite = spec_.overwrite,
                           .made_from = made_of_runs()},
                          loaders_);
    forget_results(spec_.directory);
    write_run_yaml(spec_.directory, resolved_options(spec_, dataset_));
    for (const ModelKind kind : kinds) {
      try {
        fit_model(kind, finished);
      } catch (const classic::NoTerms&) {
        skip(kind, sentence("skip.no_terms", fmt::arg("rows", classic::TfidfOptions().min_rows)));
      }
    }
    require_models(!models_.empty());
    if (asks_for(spec_.options, ModelKind::kFusion)) fuse();
    Json compare = result();
    publish(compare);
    write(compare);
    finished.remove();
    return compare;
  }

 private:
  /// The models asked for that this data has a use for, without the fusion, in the order in which they are shown.
  std::vector<ModelKind> kinds_to_fit() {
    std::vector<ModelKind> kinds;
    for (const auto& entry : enum_names(ModelKind{})) {
      if (entry.value == ModelKind::kFusion || !asks_for(spec_.options, entry.value)) continue;
      const std::string why = why_skipped(entry.value, dataset_, spec_.options);
      if (why.empty())
        kinds.push_back(entry.value);
      else
        skip(entry.value, why);
    }
    require_models(!kinds.empty());
    return kinds;
  }
  void require_models(bool any) const {
    RIFT_REQUIRE(any, Code::kConfig, "compare.models: none of the models can be fitted on this data: {}", why_none());
  }

  void skip(ModelKind kind, const std::string& why) {
    log_info(sentence("done.skipped_model", fmt::arg("model", model_caption(name_of(kind))), fmt::arg("why", why)));
    skipped_.push_back(Json{{"name", name_of(kind)}, {"why", why}});
  }

  std::string why_none() const {
    std::string text;
    for (const Json& one : skipped_.as_array()) {
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", one.at("name").as_string(), one.at("why").as_string());
    }
    return text;
  }

  std::string suffix(size_t split, int64_t seed) const {
    std::string text;
    if (parts_.size() > 1) text += fmt::format(", split {}/{}", split + 1, parts_.size());
    if (spec_.options.compare.seeds > 1) text += fmt::format(", seed {}", seed);
    return text;
  }

  RunSpec run_spec(const std::string& model, size_t split, int64_t seed) const {
    const bool is_first = split == 0 && seed == spec_.options.train.seed;
    return {.dataset = dataset_,
            .parts = parts_[split],
            .split = split,
            .seed = seed,
            .options = spec_.options,
            .out_of_fold = asks_for(spec_.options, ModelKind::kFusion),
            .directory = is_first
                             ? spec_.directory / "models" / model
                             : spec_.directory / kUnfinishedFolder / model / fmt::format("{}-{}", split, seed) / "log",
            .resume = spec_.resume,
            .overwrite = spec_.overwrite,
            .made_from = made_from_of_checkpoints(made_from_),
            .progress_suffix = suffix(split, seed)};
  }

  /// The inputs beside run.yaml and the records: captions, and for a fine-tuning the pretrained model.
  Json files_beside(const std::string& model) const {
    Json files = Json::array();
    for (const Json& input : inputs_.as_array()) {
      const std::string& what = input.at("what").as_string();
      const bool of_backbone = what.starts_with(kBackboneInput);
      if (what == "captions" || (of_backbone && model == name_of(ModelKind::kFineTuned))) files.push_back(input);
    }
    return files;
  }

  /// Other models and more seeds leave each run as it is.
  Json made_of_runs() const {
    Json made = made_from_;
    for (const char* key : {"models", "seeds"}) made["options"]["compare"].erase(key);
    return made;
  }

  /// What a stored run must have been made from to be used again.
  std::string fingerprint(const std::string& model, size_t split) const {
    Json options = write_options(spec_.options);
    options["compare"].erase("models");
    options["compare"].erase("seeds");
    const Json made_from{{"model", model},
                         {"options", std::move(options)},
                         {"fusion", asks_for(spec_.options, ModelKind::kFusion)},
                         {"split", parts_[split].split.digest},
                         {"source", dataset_.source_sha256},
                         {"files", files_beside(model)},
                         {"device", spec_.device},
                         {"environment", package::describe_environment()},
                         {"program", sha256_file("/proc/self/exe")}};
    return sha256_hex(to_json_text(made_from));
  }

  std::vector<int64_t> seeds(bool draws) const {
    std::vector<int64_t> seeds;
    for (int64_t i = 0; i < (draws ? spec_.options.compare.seeds : 1); ++i) {
      seeds.push_back(spec_.options.train.seed + i);
    }
    return seeds;
  }

  void fit_model(ModelKind kind, FinishedRuns& finished) {
    ComparedModel model{.name = std::string(name_of(kind)), .runs = {}};
    for (size_t split = 0; split < parts_.size(); ++split) {
      const auto learner = make_learner(kind, {.options = spec_.options, .device = spec_.device, .init_from = {}});
      for (const int64_t seed : seeds(learner->draws())) {
        throw_if_interrupted();
        const std::string print = fingerprint(model.name, split);
        auto before = finished.find(model.name, split, seed, print);
        if (before) {
          model.runs.push_back(std::move(*before));
          continue;
        }
        const RunSpec spec = run_spec(model.name, split, seed);
        if (!learner->is_cheap()) fs::create_directories(spec.directory);
        model.runs.push_back(run_model(*learner, spec));
        finished.keep(model.name, model.runs.back(), spec, print);
      }
    }
    models_.push_back(std::move(model));
  }

  const ModelRun& run_of(const ComparedModel& model, size_t split, int64_t seed) const {
    const ModelRun* of_split = nullptr;
    for (const ModelRun& run : model.runs) {
      if (run.split != split) continue;
      if (run.seed == seed) return run;
      of_split = &run;  // a model that does not draw has one run for all seeds
    }
    RIFT_CHECK(of_split != nullptr);
    return *of_split;
  }

  void fuse() {
    if (models_.size() < 2) {
      skip(ModelKind::kFusion, sentence("skip.fusion_members"));
      return;
    }
    if (!all_have_out_of_fold_scores()) {
      skip(ModelKind::kFusion, sentence("skip.fusion_rare_class"));
      return;
    }
    ComparedModel fusion{.name = "fusion", .runs = {}};
    for (size_t split = 0; split < parts_.size(); ++split) {
      for (const int64_t seed : seeds(/*draws=*/true)) {
        throw_if_interrupted();
        std::vector<Member> members;
        for (const ComparedModel& model : models_) members.push_back({model.name, &run_of(model, split, seed)});
        fusion.runs.push_back(run_fusion(members, run_spec("fusion", split, seed)));
      }
    }
    models_.push_back(std::move(fusion));
  }

  bool all_have_out_of_fold_scores() const {
    for (const ComparedModel& model : models_) {
      for (const ModelRun& run : model.runs) {
        if (run.out_of_fold.rows == 0) return false;
      }
    }
    return true;
  }

  Contest contest() const { return {.dataset = dataset_, .parts = parts_, .models = models_}; }

  Json result() const {
    Json compare = judge(contest());
    compare["skipped"] = skipped_;
    compare["leakage"] = data::to_json(leaks_);
    const Verdict verdict = verdict_of(compare);
    compare["verdict"] = verdict.text;
    compare["remarks"] = Json(verdict.remarks);
    compare["notes"] = Json(verdict.notes);
    return compare;
  }

  void publish(const Json& compare) const {
    for (const Json& entry : compare.at("models").as_array()) {
      const auto& model = *std::find_if(models_.begin(), models_.end(), [&](const ComparedModel& one) {
        return one.name == entry.at("name").as_string();
      });
      const ModelRun& run = model.runs.front();
      const fs::path folder = spec_.directory / "models" / model.name;
      fs::create_directories(folder);
      package::write_package(
          folder / "package",
          {.scorer = *run.scorer,
           .calibrator = run.calibrator,
           .policy = resolved_policy(spec_.options.policy, dataset_, parts_[run.split].fit.train),
           .training = training_json(
               {.spec = spec_, .dataset = dataset_, .parts = parts_[run.split], .run = run, .inputs = inputs_},
               entry.at("metrics")),
           .dataset = dataset_},
          loaders_);
      std::error_code ignored;
      fs::remove_all(folder / "checkpoints", ignored);
    }
    forget_older_models();
  }

  /// Models of an earlier run in this directory must not pass for this comparison's.
  void forget_older_models() const {
    for (const auto& entry : enum_names(ModelKind{})) {
      const bool is_new = std::any_of(models_.begin(), models_.end(),
                                      [&](const ComparedModel& model) { return model.name == entry.name; });
      if (!is_new) forget_model(spec_.directory / "models" / entry.name);
    }
    if (fs::exists(spec_.directory / "package" / "rift.json")) forget_model(spec_.directory);
  }

  void write(const Json& compare) const {
    const fs::path& directory = spec_.directory;
    std::vector<ScoredRows> scored;
    for (const ComparedModel& model : models_) {
      for (const ModelRun& run : model.runs) {
        const Parts& parts = parts_[run.split];
        scored.push_back({.model = model.name,
                          .seed = run.seed,
                          .split = static_cast<int64_t>(run.split),
                          .rows = parts.test,
                          .raw = run.test,
                          .calibrator = run.calibrator,
                          .policy = resolved_policy(spec_.options.policy, dataset_, parts.fit.train)});
      }
    }
    write_predictions(directory / "predictions.parquet", dataset_, scored);
    RunOptions resolved = resolved_options(spec_, dataset_);
    Decided decided{.dataset = dataset_, .parts = parts_, .runs = {}};
    for (const ComparedModel& model : models_) {
      for (const ModelRun& run : model.runs) decided.runs.push_back(&run);
    }
    set_decided(decided, resolved);
    write_run_yaml(directory, resolved);
    Json data = report_data({.dataset = dataset_, .parts = parts_, .leaks = leaks_}, curves_of(contest()), cards());
    data["judged_by"] = judges();
    data["policy"] = policy_json(spec_.options.task, spec_.options.policy,
                                 resolved_policy(spec_.options.policy, dataset_, parts_.front().fit.train));
    write_json(directory / "report.json", data);
    write_json(directory / kCompareFile, compare);
    Json manifest = manifest_json(spec_, inputs_, compare.at("split").as_string());
    manifest["results"] = results_json(directory);
    write_json(directory / "manifest.json", manifest);
    write_report(directory, directory / "report.html");
  }

  /// Which rows told the settings of a model apart: {name: ...}.
  Json judges() const {
    Json judges = Json::object();
    for (const ComparedModel& model : models_) {
      const Json& judged_by = model.runs.front().judged_by;
      if (!judged_by.is_null()) judges[model.name] = judged_by;
    }
    return judges;
  }

  /// What a report shows of the inside of a model: {name: ...}.
  Json cards() const {
    Json cards = Json::object();
    for (const ComparedModel& model : models_) {
      const ModelRun& run = model.runs.front();
      const Json inside = inside_of(*run.scorer, run.calibrator, spec_.options.policy.points);
      if (!inside.is_null()) cards[model.name] = inside;
    }
    return cards;
  }

  StudySpec spec_;
  std::optional<DirectoryLock> place_;  // held as long as the run lasts
  package::PartLoaders loaders_;
  data::Dataset dataset_;
  std::vector<Parts> parts_;
  Json inputs_;
  Json made_from_;
  std::vector<data::Leak> leaks_;
  std::vector<ComparedModel> models_;
  Json skipped_ = Json::array();
};

}  // namespace

Json run_compare(const StudySpec& spec) {
  return without_trace(spec.directory, [&] { return Comparison(spec).run(); });
}

}  // namespace rift::study
