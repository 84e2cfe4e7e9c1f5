#include "rift/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/train/checkpoint_state.h"
#include "rift/train/movement_watch.h"
#include "rift/train/row_order.h"
#include "rift/train/run_log.h"
#include "rift/train/stepper.h"

namespace rift::train {
namespace {

/// "loss .431"
std::string loss_note(double loss) {
  std::string figure = fmt::format("{:.3f}", loss);
  if (figure.starts_with("0.")) figure.erase(0, 1);
  return "loss " + figure;
}

class Trainer {
 public:
  Trainer(TrainingTask& task, const TrainerSpec& spec)
      : task_(task),
        spec_(spec),
        store_(task.parameters()),
        plan_(plan_rows(spec.optim, task.rows())),
        order_(plan_, static_cast<uint64_t>(spec.train.seed), spec.shuffle),
        stepper_(task, spec, plan_),
        checkpoints_(spec.directory / "checkpoints", spec.run, spec.machine) {
    watch_.emplace(store_);
    const bool resumed = !spec.directory.empty() && spec.resume && restore();
    if (!spec.directory.empty() && !resumed) checkpoints_.clear();
    log_.emplace(spec.directory, resumed ? progressed_.log_bytes : -1);
    if (progressed_.step >= MovementWatch::kSteps) watch_.reset();
  }

  TrainerResult run() {
    Progress progress(spec_.progress_name, rows_until(plan_.total_steps), "rows");
    progress.advance(rows_until(progressed_.step));
    bool stopped = false;
    try {
      while (!stopped && (progressed_.step < plan_.total_steps || progressed_.evaluation_due)) {
        if (!progressed_.evaluation_due) take_step(progress);
        if (progressed_.evaluation_due) stopped = evaluate();
        log_->timing(progressed_.step, plan_.total_steps, stopped || progressed_.step == plan_.total_steps);
        if (stopped) break;
        if (checkpoint_falls_due()) write_checkpoint();
        if (progressed_.step < plan_.total_steps) throw_if_interrupted();
      }
    } catch (const Error& error) {
      if (error.code() != Code::kInterrupted) throw;
      stop_with_checkpoint(error);
    }
    if (!best_.empty()) store_.copy_from(best_);
    return result(stopped);
  }

 private:
  bool restore() {
    std::optional<CheckpointState> state = checkpoints_.read_newest();
    if (!state) return false;
    progressed_ = std::move(state->progressed);
    store_.copy_from(state->parameters);
    best_ = std::move(state->best);
    stepper_.restore(std::move(state->optimizer));
    log_info("going on from a checkpoint", {{"step", progressed_.step}, {"of", plan_.total_steps}});
    return true;
  }

  int64_t rows_until(int64_t step) const {
    const int64_t epochs = step / plan_.steps_per_epoch;
    return epochs * plan_.rows + std::min(plan_.rows, (step - epochs * plan_.steps_per_epoch) * plan_.rows_per_step);
  }

  double passes(int64_t step) const { return static_cast<double>(rows_until(step)) / static_cast<double>(plan_.rows); }

  void take_step(Progress& progress) {
    const int64_t step = progressed_.step;
    StepRecord record = stepper_.step({.step = step, .epoch = order_.epoch_of(step), .rows = order_.rows_of(step)});
    record.epoch = passes(step + 1);
    finish_step(record);
    progress.advance(record.rows);
    progress.note(loss_note(record.loss));
  }

  void finish_step(const StepRecord& record) {
    progressed_.step = record.step;
    progressed_.last_step = to_json(record);
    const int64_t of_epoch = (record.step - 1) % plan_.steps_per_epoch + 1;
    progressed_.evaluation_due =
        record.step == plan_.total_steps ||
        evaluation_falls_due(of_epoch, plan_.steps_per_epoch, spec_.train.evaluations_per_epoch);
    log_->step(record);
    if (watch_ && stepper_.weighty_steps() == MovementWatch::kSteps) {
      watch_->check(task_, store_,
                    {.groups = stepper_.optimizer().groups(),
                     .lr_factor = stepper_.factors().lr,
                     .clip_factor = stepper_.factors().clip});
      watch_.reset();
    }
  }

  /// Returns whether the run stops here.
  bool evaluate() {
    const std::optional<Evaluation> evaluation = task_.evaluate();
    progressed_.evaluation_due = false;
    if (!evaluation) return false;
    RIFT_CHECK(std::isfinite(evaluation->value));
    const bool better = !progressed_.best || (evaluation->higher_is_better ? evaluation->value > *progressed_.best
                                                                           : evaluation->value < *progressed_.best);
    Json record = {{"step", progressed_.step},
                   {"epoch", passes(progressed_.step)},
                   {"metric", evaluation->metric},
                   {"value", evaluation->value},
                   {"figures", evaluation->figures}};
    log_->evaluation({.step = progressed_.step, .epoch = passes(progressed_.step)}, evaluation->figures, better);
    if (better) {
      progressed_.best = evaluation->value;
      progressed_.best_evaluation = record;
      progressed_.worse_evaluations = 0;
      best_ = trained_tensors(store_);
    } else {
      ++progressed_.worse_evaluations;
    }
    progressed_.evaluations.push_back(std::move(record));
    const int64_t patience = spec_.train.early_stopping.patience;
    return patience > 0 && progressed_.worse_evaluations >= patience && progressed_.step < plan_.total_steps;
  }

  bool checkpoint_falls_due() const {
    const int64_t every = spec_.train.checkpoint_every_steps;
    return !spec_.directory.empty() && every > 0 && progressed_.step % every == 0;
  }

  std::filesystem::path write_checkpoint() {
    log_->sync();
    progressed_.log_bytes = log_->bytes();
    return checkpoints_.write({progressed_, trained_tensors(store_), best_, stepper_.optimizer().state()},
                              spec_.train.keep_checkpoints);
  }

  [[noreturn]] void stop_with_checkpoint(const Error& error) {
    if (spec_.directory.empty() || progressed_.step == 0) throw error;
    const std::filesystem::path checkpoint = write_checkpoint();
    RIFT_FAIL(Code::kInterrupted, "{} after step {} of {}; the run's state is in {}", error.message(), progressed_.step,
              plan_.total_steps, checkpoint.string());
  }

  TrainerResult result(bool stopped) const {
    return {.steps = progressed_.step,
            .total_steps = plan_.total_steps,
            .epochs = passes(progressed_.step),
            .stopped_early = stopped,
            .best_evaluation = progressed_.best_evaluation,
            .evaluations = progressed_.evaluations,
            .last_step = progressed_.last_step};
  }

  TrainingTask& task_;
  const TrainerSpec& spec_;
  nn::ParameterStore& store_;
  RowPlan plan_;
  RowOrder order_;
  Stepper stepper_;
  CheckpointFolder checkpoints_;
  std::optional<MovementWatch> watch_;
  std::optional<RunLog> log_;
  Progressed progressed_;
  tensor::TensorMap best_;
};

}  // namespace

bool evaluation_falls_due(int64_t step_of_epoch, int64_t steps_per_epoch, int64_t evaluations) {
  const int64_t count = std::min(evaluations, steps_per_epoch);
  return step_of_epoch * count / steps_per_epoch > (step_of_epoch - 1) * count / steps_per_epoch;
}

TrainerResult run_trainer(TrainingTask& task, const TrainerSpec& spec) { return Trainer(task, spec).run(); }

}  // namespace rift::train
