#include "rift/study/search/search.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/base/sentences.h"
#include "rift/data/load_dataset.h"
#include "rift/search/sampler.h"
#include "rift/study/learner.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/place.h"
#include "rift/study/search/result.h"
#include "rift/study/search/trial_run.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;
using search::TrialState;

constexpr const char* kPlace = "place";  // of a trial: the machine and directory that it was trained on and in

std::string machine_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

/// Nothing in `lock` when another process holds the directory.
void hold(const fs::path& directory, std::optional<DirectoryLock>& lock) {
  lock.reset();
  if (auto taken = DirectoryLock::take(directory)) lock.emplace(std::move(*taken));
}

class SearchRun {
 public:
  explicit SearchRun(const SearchSpec& spec)
      : spec_(spec),
        run_(with_backbone(spec.run, /*needed=*/true)),
        options_(spec.run.options.search),
        space_(options_.space, spec.run.run_file.string()),
        metrics_(search_metrics(run_.options.task, options_.metric)) {
    check_pruner();
    check_space(trial_options_spec());
    take_one_fold(run_.options.split);
    dataset_ = data::load_dataset({.task = run_.options.task,
                                   .data = run_.options.data,
                                   .split = run_.options.split,
                                   .base_directory = fs::absolute(run_.run_file).parent_path()});
    parts_ = parts_of(dataset_.split);
    const std::string why = why_skipped(ModelKind::kFineTuned, dataset_, run_.options);
    RIFT_REQUIRE(why.empty(), Code::kConfig, "{}", why);
    RIFT_REQUIRE(!parts_.fit.validation.empty(), Code::kConfig,
                 "{}: a search judges its trials on validation rows, and the split has none; give it some, such as "
                 "split.validation: 0.2",
                 run_.run_file.string());
    require_writable_directory(run_.directory / kTrials);
    // What an earlier search published gives way to a better winner; anything else only to --overwrite.
    run_.overwrite = run_.overwrite || fs::exists(run_.directory / kSearchFile);
    require_free_place(run_, kMetricsFile);
    open_study();
  }

  Json run() {
    run_trials();
    std::vector<search::Trial> trials = study_->trials();
    SearchFacts facts = facts_of(trials);
    const bool others =
        std::ranges::any_of(trials, [](const auto& trial) { return trial.state == TrialState::kRunning; });
    // Of processes that end together one publishes.
    std::optional<DirectoryLock> publisher;
    if (!others) hold(run_.directory / kTrials, publisher);
    if (!publisher || !winner_of(facts)) {
      if (!publisher) log_info("other processes are still at work on the study; the last of them publishes the winner");
      return search_json(facts);
    }
    Json search = search_json(facts);
    const Json metrics = publish(*winner_of(facts), search);
    return with_test_figures(std::move(search), metrics);
  }

 private:
  TrialOptionsSpec trial_options_spec() const {
    return {.configuration = spec_.configuration,
            .place = run_.run_file.string(),
            .space = space_,
            .metric = metrics_.front()};
  }

  void check_pruner() const {
    if (std::holds_alternative<search::NoPrunerOptions>(options_.pruner.kind)) return;
    RIFT_REQUIRE(metrics_.size() == 1, Code::kUnsupported,
                 "search.pruner: trials are stopped early by one metric, and search.metric has two; use kind: none");
    RIFT_REQUIRE(
        metrics_.front().in_evaluations, Code::kConfig,
        "search.pruner: the evaluations of a training do not tell {}; search by one that they do (auc of a binary "
        "task, log_loss, accuracy, macro_f1, loss), or use kind: none",
        metrics_.front().name);
  }

  void open_study() {
    std::vector<search::Direction> directions;
    std::vector<std::string> names;
    for (const SearchMetric& metric : metrics_) {
      directions.push_back(metric.direction);
      names.push_back(metric.name);
    }
    const fs::path file = spec_.storage.empty() ? run_.directory / "study.db" : search::storage_file(spec_.storage);
    study_.emplace(
        search::StudyOptions{.file = file, .name = spec_.name, .directions = directions, .metric_names = names});
    check_rows();
    sampler_ = search::make_sampler(
        options_.sampler,
        {.space = space_, .directions = directions, .seed = static_cast<uint64_t>(run_.options.train.seed)});
    pruner_ = search::make_pruner(options_.pruner);
  }

  /// Values of trials can be compared only where the same rows judged them.
  void check_rows() {
    constexpr const char* kSplit = "rift_split";
    const std::string& split = parts_.split.digest;
    const std::optional<Json> before = study_->study_attribute(kSplit);
    if (!before) return study_->set_study_attribute(kSplit, split);
    RIFT_REQUIRE(*before == Json(split), Code::kConfig,
                 "{}: the study '{}' was begun on other rows or another split; give another --study",
                 study_->file().string(), study_->name());
  }

  /// A retried trial goes on in the directory of the first try, where its checkpoints lie.
  fs::path directory_of(const search::Trial& trial) const {
    const Json* first = trial.system_attribute(search::kFailedTrial);
    const int64_t number = first != nullptr && first->is_integer() ? first->as_int() : trial.number;
    return run_.directory / kTrials / fmt::format("{:06}", number);
  }

  std::string place_of(const search::Trial& trial) const {
    return machine_name() + ":" + fs::absolute(directory_of(trial)).lexically_normal().string();
  }

  bool is_here(const search::Trial& trial) const {
    const Json* place = trial.user_attribute(kPlace);
    return place != nullptr && *place == Json(place_of(trial));
  }

  search::TrialPlan plan() {
    return {
        .most_trials = spec_.trials,
        .most_retries = options_.most_retries,
        // Nobody holds the directory of a trial that a process on this machine was at work on: that process is gone.
        .is_orphan =
            [this](const search::Trial& trial) {
              return is_here(trial) && fs::exists(directory_of(trial)) && DirectoryLock::take(directory_of(trial));
            },
        .suggest =
            [this](const std::vector<search::Trial>& trials, const search::Trial& trial) {
              return with_fixed(*sampler_, space_, trial.system_attribute(search::kFixedParameters), trials,
                                trial.number);
            },
        .claim =
            [this](const search::Trial& trial) {
              fs::create_directories(directory_of(trial));
              hold(directory_of(trial), claimed_);
              RIFT_REQUIRE(claimed_, Code::kEnvironment,
                           "{}: another process is at work in the directory of trial {}; give each study an --out of "
                           "its own",
                           directory_of(trial).string(), trial.number);
              study_->set_user_attribute(trial.id, kPlace, place_of(trial));
            }};
  }

  void run_trials() {
    const TrialOptionsSpec options = trial_options_spec();
    const TrialSpec trial_spec{.run = run_,
                               .options = options,
                               .dataset = dataset_,
                               .parts = parts_,
                               .metrics = metrics_,
                               .study = *study_,
                               .pruner = *pruner_,
                               .most_retries = options_.most_retries};
    constexpr int kFailuresAtFirst = 3;
    int failures = 0;
    bool some_worked = false;
    while (const std::optional<search::Trial> trial = study_->begin_trial(plan())) {
      log_info("trial", {{"number", trial->number}, {"of", spec_.trials}, {"settings", settings_text(*trial)}});
      const TrialState state = run_trial(trial_spec, *trial, directory_of(*trial));
      claimed_.reset();
      some_worked = some_worked || state != TrialState::kFail;
      failures += state == TrialState::kFail;
      RIFT_REQUIRE(some_worked || failures < kFailuresAtFirst, Code::kData,
                   "the first {} trials failed: {}; mend the space or run.yaml", failures,
                   study_->trial(trial->id).user_attribute(search::kWhyFailed)->as_string());
    }
  }

  SearchFacts facts_of(const std::vector<search::Trial>& trials) const {
    SearchFacts facts{.study = spec_.name,
                      .asked_for = spec_.trials,
                      .space = space_,
                      .metrics = metrics_,
                      .options = options_,
                      .trials = trials,
                      .dataset = dataset_,
                      .parts = parts_};
    for (const search::Trial& trial : trials) {
      const fs::path scores = directory_of(trial) / kTrialScores;
      if (trial.state == TrialState::kComplete && is_here(trial) && fs::exists(scores))
        facts.scores[trial.number] = scores;
    }
    return facts;
  }

  /// Trained again, in the run's directory: trials keep no weights. Only here are the test rows scored.
  Json publish(const search::Trial& winner, const Json& search) {
    StudySpec run = run_;
    run.options = trial_options(trial_options_spec(), winner.parameters);
    run.options.split = run_.options.split;
    run.resume = true;
    run.search = search;
    return run_train(run);
  }

  const SearchSpec& spec_;
  StudySpec run_;
  search::SearchOptions options_;
  search::Space space_;
  std::vector<SearchMetric> metrics_;
  data::Dataset dataset_;
  Parts parts_;
  std::optional<search::Study> study_;
  std::unique_ptr<search::Sampler> sampler_;
  std::unique_ptr<search::Pruner> pruner_;
  std::optional<DirectoryLock> claimed_;  // the directory of the running trial
};

}  // namespace

Json run_search(const SearchSpec& spec) { return SearchRun(spec).run(); }

}  // namespace rift::study
