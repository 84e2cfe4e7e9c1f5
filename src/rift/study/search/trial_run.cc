#include "rift/study/search/trial_run.h"

#include <cmath>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/search/heartbeat.h"
#include "rift/study/learner.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/kept_scores.h"
#include "rift/study/scored_figures.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;
using search::TrialState;

/// One trial, from its options to its values.
class TrialRun {
 public:
  TrialRun(const TrialSpec& spec, const search::Trial& trial, fs::path directory)
      : spec_(spec), trial_(trial), directory_(std::move(directory)) {}

  TrialState run() {
    StudySpec run = spec_.run;
    run.options = trial_options(spec_.options, trial_.parameters);
    run.options.split = spec_.run.options.split;  // with the fold that was taken
    run.directory = directory_;
    run = with_backbone(std::move(run), /*needed=*/true);
    write_run_yaml(directory_, resolved_options(run, spec_.dataset));
    const auto learner = make_learner(
        ModelKind::kFineTuned,
        {.options = run.options, .device = run.device, .init_from = run.init_from, .shared = spec_.shared});
    const Fitted fitted = learner->fit({.dataset = spec_.dataset,
                                        .rows = spec_.parts.fit,
                                        .seed = run.options.train.seed,
                                        .directory = directory_,
                                        .resume = true,
                                        .overwrite = true,  // the trial is the study's, whatever made the checkpoint
                                        .progress_name = fmt::format("trial {}", trial_.number),
                                        .observer = [this](const Json& evaluation) { return observe(evaluation); },
                                        .is_published = false});
    if (pruned_) {
      spec_.study.finish(trial_.id, TrialState::kPruned, std::vector<double>{last_});
      return TrialState::kPruned;
    }
    const std::vector<double> values = judge(*learner, fitted);
    RIFT_REQUIRE(spec_.study.finish(trial_.id, TrialState::kComplete, values), Code::kEnvironment,
                 "trial {}: another process took it for killed and has finished it; was this one asleep?",
                 trial_.number);
    return TrialState::kComplete;
  }

 private:
  /// Evaluations are the study's steps, counted from 1. Whether the trial stops here.
  bool observe(const Json& evaluation) {
    ++evaluations_;
    const SearchMetric& metric = spec_.metrics.front();
    const Json* figure = metric.in_evaluations ? evaluation.at("figures").find(metric.name) : nullptr;
    if (figure == nullptr || !figure->is_number()) {  // undefined on these rows
      spec_.study.set_user_attribute(trial_.id, kEvaluations, evaluations_);
      return false;
    }
    last_ = figure->as_double();
    spec_.study.report(trial_.id, evaluations_, last_);
    pruned_ = pruned_ || spec_.pruner.stops(spec_.study, trial_.id);
    return pruned_;
  }

  std::vector<double> judge(const Learner& learner, const Fitted& fitted) const {
    const std::vector<int64_t>& rows = spec_.parts.fit.validation;
    const score::RawScores raw = learner.score(*fitted.scorer, spec_.dataset, rows, {});
    const ScoredFigures figures(spec_.dataset, rows, raw);
    std::vector<double> values;
    for (const SearchMetric& metric : spec_.metrics) {
      values.push_back(metric.name == kLossMetric ? fitted.summary.at("best").at("figures").at(kLossMetric).as_double()
                                                  : figures.value(metric.name));
      RIFT_REQUIRE(!std::isnan(values.back()), Code::kData, "{} is not defined on the validation rows", metric.name);
    }
    const std::array<const score::RawScores*, 1> kept = {&raw};
    write_kept_scores(directory_ / kTrialScores, kept);
    return values;
  }

  const TrialSpec& spec_;
  const search::Trial& trial_;
  fs::path directory_;
  int64_t evaluations_ = 0;
  double last_ = 0.0;
  bool pruned_ = false;
};

bool is_the_trials_own(Code code) {
  return code == Code::kConfig || code == Code::kUnsupported || code == Code::kData || code == Code::kArtefact;
}

}  // namespace

TrialState run_trial(const TrialSpec& spec, const search::Trial& trial, const fs::path& directory) {
  const search::Heartbeat heartbeat(spec.study.file(), trial.id);
  TrialState state = TrialState::kFail;
  try {
    state = TrialRun(spec, trial, directory).run();
  } catch (const Error& error) {
    if (error.code() == Code::kInterrupted) {
      spec.study.give_back(trial, search::kInterrupted, search::kAnyRetries);
      throw;
    }
    if (!is_the_trials_own(error.code())) {  // memory, disk, a bug: it may be the trial's settings, and come again
      spec.study.give_back(trial, error.message(), spec.most_retries);
      throw;
    }
    log_warning("a trial failed", {{"trial", trial.number}, {"why", error.message()}});
    spec.study.finish(trial.id, TrialState::kFail, {}, error.message());
  }
  std::error_code ignored;
  fs::remove_all(directory / "checkpoints", ignored);
  return state;
}

}  // namespace rift::study
