#include "rift/study/search/search.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json_difference.h"
#include "rift/base/log.h"
#include "rift/base/sentences.h"
#include "rift/data/load_dataset.h"
#include "rift/search/sampler.h"
#include "rift/study/learner.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/place.h"
#include "rift/study/search/result.h"
#include "rift/study/search/trial_run.h"
#include "rift/train/shared_rows.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;
using search::TrialState;

constexpr const char* kMadeFrom = "rift_made_from";  // of a study: what its values were made from
constexpr const char* kIdentity = "rift_id";         // of a study: tells it from others of its name
constexpr const char* kStudyFile = "study.json";     // beside its trials: whose they are

std::string machine_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

/// A name as one folder's: all but letters, digits, '_' and '-' as %XX.
std::string folder_name(const std::string& name) {
  std::string folder;
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    folder += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return folder;
}

std::string random_id() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}", device(), device(), device());
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
        metrics_(search_metrics(run_.options.task, run_.options.objective.loss, options_.metric)) {
    check_pruner();
    check_metrics();
    check_points();
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
    require_writable_directory(trials_folder());
    // What an earlier call on this study published gives way to a better winner; anything else only to --overwrite.
    run_.overwrite = run_.overwrite || published_study() == spec.name;
    require_free_place(run_, kMetricsFile);
    share_rows();
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
    if (!others) hold(trials_folder(), publisher);
    if (publisher) require_winner(facts);
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
    RIFT_REQUIRE(metrics_.front().in_evaluations, Code::kConfig,
                 "search.pruner: the evaluations of a training do not tell {}; search by one that they do ({}), or use "
                 "kind: none",
                 metrics_.front().name, names_in_evaluations(run_.options.task));
  }

  void check_points() const {
    if (std::holds_alternative<search::GridOptions>(options_.sampler.kind)) return;
    for (const auto& [name, range] : options_.space) {
      RIFT_REQUIRE(!range.points, Code::kConfig,
                   "search.space.{}.points: only the grid takes points of a range; leave it out, or set search.sampler "
                   "to grid",
                   name);
    }
  }

  /// Where each trial has a measure of its own the best one is nobody's.
  void check_metrics() const {
    for (const SearchMetric& metric : metrics_) {
      const auto of_loss = std::ranges::find_if(space_.dimensions(),
                                                [](const auto& one) { return one.name.starts_with("objective.loss"); });
      RIFT_REQUIRE(of_loss == space_.dimensions().end() || !goes_by_the_loss(metric), Code::kConfig,
                   "search.space.{}: values of search.metric {} cannot be compared between losses; search by another "
                   "metric, or leave the loss as it is",
                   of_loss->name, metric.name);
    }
  }

  /// Unless the space says otherwise, a row is the same tokens in every trial, and frozen layers say the same of it.
  void share_rows() {
    const bool read_otherwise = std::ranges::any_of(
        space_.dimensions(), [](const search::Dimension& one) { return one.name.starts_with("model.text."); });
    if (read_otherwise) return;
    std::vector<int64_t> rows = parts_.fit.train;
    rows.insert(rows.end(), parts_.fit.validation.begin(), parts_.fit.validation.end());
    shared_.emplace(dataset_, std::move(rows));
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
    check_origin();
    check_trials_folder();
    study_->require_compatible(space_);
    sampler_ = search::make_sampler(
        options_.sampler,
        {.space = space_, .directions = directions, .seed = static_cast<uint64_t>(run_.options.train.seed)});
    pruner_ = search::make_pruner(options_.pruner);
  }

  /// What a trial's value follows from beside its own settings. Files count by what is in them, wherever they lie.
  Json origin() const {
    Json options = spec_.configuration;
    for (const char* key : {"search", "compare", "learning_curve", "policy", "calibration"}) options.erase(key);
    for (const char* path : {"data.source", "data.captions", "model.text.backbone", "train.mlflow",
                             "train.checkpoint_every_steps", "train.keep_checkpoints"}) {
      erase_path(options, path);
    }
    for (const search::Dimension& dimension : space_.dimensions()) erase_path(options, dimension.name);
    StudySpec run = run_;
    run.options.compare.models = {ModelKind::kFineTuned};
    Json origin = made_from({.options = std::move(options),
                             .inputs = inputs_json(run, dataset_),
                             .split_digest = parts_.split.digest,
                             .device = run_.device,
                             .init_from = run_.init_from});
    for (const char* key : {"device", "environment", "program"}) origin.erase(key);
    return origin;
  }

  /// Values of trials can be compared only where the same rows judged the same training.
  void check_origin() {
    const Json now = origin();
    const Json then = study_->study_attribute_or(kMadeFrom, now);
    RIFT_REQUIRE(then == now, Code::kConfig,
                 "{}: the study '{}' was begun on other rows, settings or files ({}); give another --study",
                 study_->file().string(), study_->name(), differences_text(then, now));
  }

  /// Checkpoints and scores of another study of this name would be taken for this one's.
  void check_trials_folder() {
    const Json ours{{"id", study_->study_attribute_or(kIdentity, random_id())}};
    const fs::path file = trials_folder() / kStudyFile;
    if (!fs::exists(file)) return write_json(file, ours);
    RIFT_REQUIRE(read_json(file) == ours, Code::kConfig,
                 "{}: the trials of another study of the name '{}' lie there; name another --out or --study, or remove "
                 "the folder",
                 trials_folder().string(), study_->name());
  }

  /// The study whose winner lies in the run's directory; empty when none does.
  std::string published_study() const {
    const fs::path file = run_.directory / kSearchFile;
    if (!fs::exists(file)) return {};
    const Json search = read_json(file);
    const Json* study = search.find("study");
    return study != nullptr && study->is_string() ? study->as_string() : std::string();
  }

  fs::path trials_folder() const { return run_.directory / kTrials / folder_name(spec_.name); }

  /// A retried trial goes on in the directory of the first try, where its checkpoints lie.
  fs::path directory_of(const search::Trial& trial) const {
    return trials_folder() / fmt::format("{:06}", search::first_try(trial));
  }

  std::string place_of(const search::Trial& trial) const {
    return machine_name() + ":" + fs::absolute(directory_of(trial)).lexically_normal().string();
  }

  bool is_here(const search::Trial& trial) const {
    const Json* place = trial.user_attribute(search::kPlace);
    return place != nullptr && *place == Json(place_of(trial));
  }

  /// The lock of its directory tells of a trial on this machine, however long its heartbeat is silent.
  search::Holder holder_of(const search::Trial& trial) const {
    if (!is_here(trial) || !fs::exists(directory_of(trial))) return search::Holder::kUnknown;
    return DirectoryLock::take(directory_of(trial)) ? search::Holder::kGone : search::Holder::kThere;
  }

  search::TrialPlan plan() {
    return {.most_trials = spec_.trials,
            .most_retries = options_.most_retries,
            .holder = [this](const search::Trial& trial) { return holder_of(trial); },
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
                               "{}: another process is still at work in the directory of trial {}; wait until it has "
                               "ended, then give the same command again",
                               directory_of(trial).string(), trial.number);
                  study_->set_user_attribute(trial.id, search::kPlace, place_of(trial));
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
                               .shared = shared_ ? &*shared_ : nullptr,
                               .most_retries = options_.most_retries};
    while (const std::optional<search::Trial> trial = study_->begin_trial(plan())) {
      log_info("trial", {{"number", trial->number}, {"of", spec_.trials}, {"settings", settings_text(*trial)}});
      const TrialState state = run_trial(trial_spec, *trial, directory_of(*trial));
      claimed_.reset();
      if (state == TrialState::kFail) require_some_that_work();
    }
    if (!shared_) return;
    const train::SharedRows::Work& work = shared_->work();
    if (work.encoded > 0) log_info("rows of all trials", {{"encoded", work.encoded}, {"used", work.encoded_asked}});
  }

  /// Where nothing has worked yet in the whole study, more of it is no use.
  void require_some_that_work() {
    constexpr int kFailuresAtFirst = 3;
    int failures = 0;
    std::string why;
    for (const search::Trial& trial : study_->trials()) {
      if (trial.state == TrialState::kComplete || trial.state == TrialState::kPruned) return;
      if (trial.state != TrialState::kFail || !search::counts(trial)) continue;
      ++failures;
      why = why_failed(trial);
    }
    RIFT_REQUIRE(failures < kFailuresAtFirst, Code::kData, "the first {} trials failed: {}; mend the space or run.yaml",
                 failures, why);
  }

  static std::string why_failed(const search::Trial& trial) {
    const Json* why = trial.user_attribute(search::kWhyFailed);
    return why != nullptr && why->is_string() ? why->as_string() : std::string("no reason is kept");
  }

  /// Once nothing is left to run: a search that found nothing is no success.
  void require_winner(const SearchFacts& facts) const {
    const bool waits =
        std::ranges::any_of(facts.trials, [](const auto& trial) { return trial.state == TrialState::kWaiting; });
    if (waits || facts.trials.empty() || winner_of(facts)) return;
    const auto failed = std::ranges::find(facts.trials, TrialState::kFail, &search::Trial::state);
    RIFT_REQUIRE(failed == facts.trials.end(), Code::kData,
                 "none of {} trials is complete; trial {} failed: {}; mend the space or run.yaml, or ask for more "
                 "trials",
                 facts.trials.size(), failed->number, why_failed(*failed));
    RIFT_FAIL(Code::kData, "none of {} trials is complete: all were pruned; ask for more trials, or another pruner",
              facts.trials.size());
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
    run.overwrite = true;  // checkpoints of an earlier winner too
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
  std::optional<train::SharedRows> shared_;
  std::optional<search::Study> study_;
  std::unique_ptr<search::Sampler> sampler_;
  std::unique_ptr<search::Pruner> pruner_;
  std::optional<DirectoryLock> claimed_;  // the directory of the running trial
};

}  // namespace

Json run_search(const SearchSpec& spec) { return SearchRun(spec).run(); }

}  // namespace rift::study
