#include "rift/study/model_run.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/base/stopwatch.h"
#include "rift/data/load_dataset.h"
#include "rift/study/score_scale.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

/// A step without progress of its own, shown as one unit of work.
template <class Work>
auto shown_step(const std::string& name, const Work& work) {
  throw_if_interrupted();
  Progress progress(name, 1, "step");
  auto result = work();
  progress.advance();
  return result;
}

Fitted fit_shown(const Learner& learner, const FitSpec& spec) {
  if (!learner.is_cheap()) return learner.fit(spec);  // it has a bar of its own
  return shown_step(spec.progress_name, [&] { return learner.fit(spec); });
}

/// Scores of the known rows, each by a model fitted on the other folds, on the scale of the model that was fitted on
/// all: `validation` is what that one said of the validation rows. No scores when a class is so rare that the other
/// folds may lack it.
score::RawScores fit_out_of_fold(const Learner& learner, const RunSpec& spec, const score::RawScores& validation) {
  const std::vector<int64_t>& known = spec.parts.known;
  const std::vector<int32_t> fold = out_of_fold_folds(spec);
  const int64_t folds = stacking_folds(spec.options);
  score::RawScores all;
  for (int64_t f = 0; f < folds; ++f) {
    std::vector<int64_t> held;
    std::vector<size_t> place;
    for (size_t i = 0; i < known.size(); ++i) {
      if (fold[i] != f) continue;
      held.push_back(known[i]);
      place.push_back(i);
    }
    if (held.empty()) continue;
    const FitRows others = spec.parts.fit.without(marked(spec.dataset.rows(), held));
    if (!data::can_be_learnt(spec.dataset, others.train)) return {};
    const Fitted fitted = fit_shown(learner, {.dataset = spec.dataset,
                                              .rows = others,
                                              .seed = spec.seed,
                                              .directory = {},
                                              .progress_name = fmt::format("{}: fold {}/{}{}", learner.name(), f + 1,
                                                                           folds, spec.progress_suffix)});
    score::RawScores said = score_rows(*fitted.scorer, spec.dataset, held);
    if (!learner.is_cheap()) {
      const score::RawScores again = score_rows(*fitted.scorer, spec.dataset, spec.parts.fit.validation);
      ScoreScale(spec.dataset.schema.task, again, validation).apply(said);
    }
    if (all.rows == 0) {
      all = fitted.scorer->no_scores();
      all.rows = static_cast<int64_t>(known.size());
      all.values.resize(known.size() * static_cast<size_t>(said.outputs));
    }
    for (size_t i = 0; i < place.size(); ++i) {
      const auto from = said.values.begin() + static_cast<std::ptrdiff_t>(i) * said.outputs;
      std::copy(from, from + said.outputs, all.values.begin() + static_cast<std::ptrdiff_t>(place[i]) * said.outputs);
    }
  }
  return all;
}

bool can_be_fitted(data::Task task, const std::vector<double>& labels) {
  if (task == data::Task::kRegression || labels.empty()) return false;
  if (task != data::Task::kBinary) return true;
  return std::find(labels.begin(), labels.end(), 0.0) != labels.end() &&
         std::find(labels.begin(), labels.end(), 1.0) != labels.end();
}

/// A loss that learns an order needs calibration before its score is read as a probability.
void warn_of_no_probabilities(const ModelRun& run) {
  const Json* probabilities = run.summary.is_object() ? run.summary.find("outputs_are_probabilities") : nullptr;
  if (probabilities == nullptr || probabilities->as_bool() || run.calibrated_on != CalibratedOn::kNothing) return;
  log_warning("nothing calibrates the scores of this loss, which are no probabilities: read them as an order",
              {{"loss", run.summary.at("loss").as_string()}});
}

}  // namespace

int64_t stacking_folds(const RunOptions& options) { return std::get<StackingOptions>(options.model.fusion.kind).folds; }

std::vector<int32_t> out_of_fold_folds(const RunSpec& spec) {
  return data::inner_folds(spec.dataset, spec.parts.known, stacking_folds(spec.options),
                           static_cast<uint64_t>(spec.options.split.seed));
}

void calibrate(const RunSpec& spec, const score::RawScores& validation, ModelRun& run) {
  const data::Task task = spec.dataset.schema.task;
  run.calibrator = score::Calibrator::identity(task);
  run.calibrated_on = CalibratedOn::kNothing;
  if (spec.options.calibration == score::CalibrationMethod::kNone) return;
  const auto fit_on = [&](const std::vector<int64_t>& rows, const score::RawScores& raw, CalibratedOn where) {
    const std::vector<double> labels = labels_of(spec.dataset, rows);
    if (raw.rows == 0 || !can_be_fitted(task, labels)) return false;
    run.calibrator =
        score::Calibrator::fit(task, spec.options.calibration, raw, labels, weights_of(spec.dataset, rows));
    run.calibrated_on = where;
    return true;
  };
  if (fit_on(spec.parts.calibration, run.calibration, CalibratedOn::kCalibrationPart)) return;
  if (fit_on(spec.parts.known, run.out_of_fold, CalibratedOn::kOutOfFold)) return;
  fit_on(spec.parts.fit.validation, validation, CalibratedOn::kValidationPart);
}

ModelRun run_model(Learner& learner, const RunSpec& spec) {
  ModelRun run{.split = spec.split, .seed = spec.seed};
  const Stopwatch training;
  if (learner.tries().size() == 0) learner.choose(spec.dataset, spec.parts.fit);
  Fitted fitted = fit_shown(learner, {.dataset = spec.dataset,
                                      .rows = spec.parts.fit,
                                      .seed = spec.seed,
                                      .directory = spec.directory,
                                      .resume = spec.resume,
                                      .overwrite = spec.overwrite,
                                      .made_from = spec.made_from,
                                      .progress_name = learner.name() + spec.progress_suffix,
                                      .suffix = spec.progress_suffix,
                                      .observer = {},
                                      .is_published = spec.is_published});
  run.train_seconds = training.seconds();
  run.summary = std::move(fitted.summary);
  run.settings = learner.settings();
  run.tries = learner.tries();
  run.judged_by = learner.judged_by();
  run.scorer = std::move(fitted.scorer);

  const std::string scoring = learner.is_cheap() ? "" : learner.name() + ": scoring" + spec.progress_suffix;
  const Stopwatch timed;
  run.test = learner.score(*run.scorer, spec.dataset, spec.parts.test, scoring);
  run.score_rows_per_second = static_cast<double>(run.test.rows) / std::max(timed.seconds(), 1e-6);
  run.calibration = learner.score(*run.scorer, spec.dataset, spec.parts.calibration, {});

  // A classic model is fitted on its validation rows, so what it says of them tells nothing.
  score::RawScores validation;
  if (!learner.is_cheap()) validation = learner.score(*run.scorer, spec.dataset, spec.parts.fit.validation, {});
  const Stopwatch again;
  if (spec.out_of_fold || (learner.is_cheap() && spec.parts.calibration.empty())) {
    run.out_of_fold = fit_out_of_fold(learner, spec, validation);
    run.out_of_fold_seconds = again.seconds();
  }
  calibrate(spec, validation, run);
  warn_of_no_probabilities(run);
  return run;
}

}  // namespace rift::study
