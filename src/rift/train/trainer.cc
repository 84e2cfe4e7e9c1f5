#include "rift/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/optim/schedule.h"
#include "rift/train/averages.h"
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

tensor::TensorMap copies_of(const tensor::TensorMap& tensors) {
  tensor::TensorMap copies;
  for (const auto& [name, tensor] : tensors) copies.emplace(name, tensor.clone());
  return copies;
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
        checkpoints_(spec.directory / "checkpoints", spec.run, spec.machine),
        best_(spec.train.soup) {
    if (spec.optim.ema_decay > 0) mean_.emplace(spec.optim.ema_decay);
    if (const auto* plateau = std::get_if<optim::PlateauSchedule>(&spec.optim.schedule.kind)) {
      plateau_.emplace(*plateau);
    }
    require_validation();
    if (!spec.stages.empty()) stepper_.restart();
    watch_.emplace(store_);
    const bool resumed = !spec.directory.empty() && spec.resume && restore();
    if (!spec.directory.empty() && !resumed) checkpoints_.clear();
    log_.emplace(spec.directory, resumed ? progressed_.log_bytes : -1, tracking(resumed));
    if (progressed_.step - stage_began_ >= MovementWatch::kSteps) watch_.reset();
  }

  TrainerResult run() {
    Progress progress(spec_.progress_name, rows_until(plan_.total_steps), "rows");
    progress.advance(rows_until(progressed_.step));
    bool stopped = observe_earlier() || patience_is_over();
    try {
      while (!stopped && (progressed_.step < plan_.total_steps || progressed_.evaluation_due)) {
        if (!progressed_.evaluation_due) take_step(progress);
        if (progressed_.evaluation_due) stopped = evaluate();
        log_->timing(progressed_.step, plan_.total_steps, stopped || progressed_.step == plan_.total_steps);
        if (stopped) break;
        if (checkpoint_falls_due()) write_checkpoint();
        if (progressed_.step < plan_.total_steps) throw_if_interrupted();
      }
      settle();
      log_->finish(Ending::kFinished);
    } catch (const Error& error) {
      if (error.code() != Code::kInterrupted) throw;
      stop_with_checkpoint(error);
    }
    return result(stopped);
  }

 private:
  std::unique_ptr<Tracking> tracking(bool goes_on) const {
    if (!spec_.train.mlflow || spec_.directory.empty()) return nullptr;
    const Json* settings = spec_.run.find("settings");
    return std::make_unique<Tracking>(*spec_.train.mlflow, spec_.directory, settings == nullptr ? Json() : *settings,
                                      goes_on);
  }

  /// What goes by evaluations would do nothing without them.
  void require_validation() const {
    if (task_.validates()) return;
    constexpr const char* kNone = "there are no validation rows to go by; give split.validation, or leave it out";
    RIFT_REQUIRE(!plateau_, Code::kConfig, "optim.schedule plateau: {}", kNone);
    RIFT_REQUIRE(spec_.train.soup == 1, Code::kConfig, "train.soup: {}", kNone);
  }

  /// nullopt where there is none to go on from.
  std::optional<CheckpointState> earlier_state() const {
    try {
      std::optional<CheckpointState> state = checkpoints_.read_newest();
      if (state) require_same_epochs(state->progressed);
      return state;
    } catch (const Error& error) {
      const Code code = error.code();
      const bool is_others = code == Code::kConfig || code == Code::kArtefact || code == Code::kUnsupported;
      if (!spec_.overwrite || !is_others) throw;
      log_info("checkpoints of another run give way", {{"why", error.message()}});
      return std::nullopt;
    }
  }

  bool restore() {
    std::optional<CheckpointState> state = earlier_state();
    if (!state) return false;
    progressed_ = std::move(state->progressed);
    store_.copy_from(state->parameters);
    best_.restore(std::move(state->best));
    if (mean_) mean_->restore(std::move(state->mean));
    if (plateau_) plateau_->restore(progressed_.plateau);
    begin_stages(progressed_.step - 1);
    stepper_.restore(std::move(state->optimizer));
    checkpoints_.keep_newest(spec_.train.keep_checkpoints, progressed_.step);  // a killed process may have left more
    log_info("going on from a checkpoint", {{"step", progressed_.step}, {"of", plan_.total_steps}});
    return true;
  }

  /// More epochs may be added as long as the run has not come to any that were added before: their schedule would be
  /// another one then.
  void require_same_epochs(const Progressed& before) const {
    RIFT_REQUIRE(before.more_epochs == spec_.optim.more_epochs || before.step <= plan_.first_steps, Code::kConfig,
                 "optim.more_epochs: the run has come to step {}, which is one of the {} epochs that were added to it, "
                 "and {} are asked for now; go on with {}, or take its package as the start of another run with "
                 "--init-from",
                 before.step, before.more_epochs, spec_.optim.more_epochs, before.more_epochs);
  }

  /// Those that begin with this step (0-based) or have begun before it.
  void begin_stages(int64_t step) {
    const size_t before = stages_begun_;
    for (; stages_begun_ < spec_.stages.size(); ++stages_begun_) {
      const TrainingStage& stage = spec_.stages[stages_begun_];
      if (static_cast<double>(step) < stage.first_epoch * static_cast<double>(plan_.steps_per_epoch)) break;
      for (const std::string& name : stage.parameters) store_.set_trainable(store_.at(name), true);
      stage_began_ = static_cast<int64_t>(std::ceil(stage.first_epoch * static_cast<double>(plan_.steps_per_epoch)));
    }
    if (stages_begun_ == before) return;
    stepper_.restart();
    task_.trainable_changed();
    watch_.emplace(store_);
    log_info("the next stage begins", {{"stage", stages_begun_ + 1},
                                       {"of", spec_.stages.size() + 1},
                                       {"step", step + 1},
                                       {"trainable", store_.trainable_count()}});
  }

  int64_t rows_until(int64_t step) const {
    const int64_t epochs = step / plan_.steps_per_epoch;
    return epochs * plan_.rows + std::min(plan_.rows, (step - epochs * plan_.steps_per_epoch) * plan_.rows_per_step);
  }

  double passes(int64_t step) const { return static_cast<double>(rows_until(step)) / static_cast<double>(plan_.rows); }

  void take_step(Progress& progress) {
    const int64_t step = progressed_.step;
    begin_stages(step);
    StepRecord record = stepper_.step({.step = step,
                                       .epoch = order_.epoch_of(step),
                                       .rows = order_.rows_of(step),
                                       .lr_factor = plateau_ ? plateau_->state().factor : 1.0});
    if (mean_) mean_->update(store_);
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
        record.step == plan_.first_steps || record.step == plan_.total_steps ||
        evaluation_falls_due(of_epoch, plan_.steps_per_epoch, spec_.train.evaluations_per_epoch);
    log_->step(record);
    if (watch_) watch_->look(store_);
    if (watch_ && stepper_.telling_steps() == MovementWatch::kSteps) {
      watch_->check(task_, store_,
                    {.optimizer = stepper_.optimizer(),
                     .lr_factor = stepper_.factors().lr,
                     .clip_factor = stepper_.factors().clip});
      watch_.reset();
    }
  }

  /// Returns whether the run stops here.
  bool evaluate() {
    const std::optional<Evaluation> evaluation = validate();
    progressed_.evaluation_due = false;
    if (!evaluation) return false;
    RIFT_CHECK(std::isfinite(evaluation->value));
    const bool better = best_.offer(progressed_.step, evaluation->value, evaluation->higher_is_better,
                                    [&] { return mean_ ? copies_of(mean_->tensors()) : trained_tensors(store_); });
    if (plateau_ && plateau_->evaluated(evaluation->value, evaluation->higher_is_better)) {
      log_info("validation has not improved for a while: the learning rate falls",
               {{"step", progressed_.step}, {"factor", plateau_->state().factor}});
    }
    Json record = {{"step", progressed_.step},
                   {"epoch", passes(progressed_.step)},
                   {"metric", evaluation->metric},
                   {"value", evaluation->value},
                   {"figures", evaluation->figures}};
    if (!evaluation->forgetting.is_null()) record["forgetting"] = evaluation->forgetting;
    log_->evaluation({.step = progressed_.step, .epoch = passes(progressed_.step)}, evaluation->figures, better,
                     evaluation->forgetting);
    if (better) {
      progressed_.best_evaluation = record;
      progressed_.worse_evaluations = 0;
    } else if (stages_begun_ == spec_.stages.size()) {  // what has not begun to train may still improve
      ++progressed_.worse_evaluations;
    }
    progressed_.evaluations.push_back(record);
    if (spec_.observer && spec_.observer(record)) return true;
    return patience_is_over();
  }

  bool patience_is_over() const {
    const int64_t patience = spec_.train.early_stopping.patience;
    return patience > 0 && progressed_.worse_evaluations >= patience && progressed_.step < plan_.total_steps;
  }

  /// The observer sees what a resumed run evaluated before; returns whether the run stops there.
  bool observe_earlier() const {
    bool stopped = false;
    if (!spec_.observer) return stopped;
    for (const Json& record : progressed_.evaluations.as_array()) stopped = spec_.observer(record) || stopped;
    return stopped;
  }

  std::optional<Evaluation> validate() {
    std::optional<Borrowed> mean;
    if (mean_) mean.emplace(store_, mean_->tensors());
    return task_.evaluate();
  }

  /// Leaves the model with what is to be published.
  void settle() {
    if (best_.states().empty()) {
      if (mean_) store_.copy_from(mean_->tensors());
      return;
    }
    tensor::TensorMap chosen = best_.states().front().tensors;
    if (best_.states().size() > 1) {
      tensor::TensorMap soup = mean_of(best_.states());
      if (is_better(soup)) chosen = std::move(soup);
    }
    store_.copy_from(chosen);
  }

  /// Whether the mean of the best evaluations' parameters is better than the best of them.
  bool is_better(const tensor::TensorMap& soup) {
    std::optional<Evaluation> evaluation;
    {
      const Borrowed borrowed(store_, soup);
      evaluation = task_.evaluate();
    }
    const double best = best_.states().front().value;
    const bool better = evaluation->higher_is_better ? evaluation->value > best : evaluation->value < best;
    Json steps = Json::array();
    for (const EvaluatedState& state : best_.states()) steps.push_back(state.step);
    soup_ = Json{{"steps", steps}, {"metric", evaluation->metric}, {"value", evaluation->value}, {"published", better}};
    return better;
  }

  bool checkpoint_falls_due() const {
    const int64_t every = spec_.train.checkpoint_every_steps;
    return !spec_.directory.empty() && every > 0 && progressed_.step % every == 0;
  }

  std::filesystem::path write_checkpoint() {
    log_->sync();
    progressed_.log_bytes = log_->bytes();
    progressed_.more_epochs = spec_.optim.more_epochs;
    if (plateau_) progressed_.plateau = plateau_->state();
    return checkpoints_.write({.progressed = progressed_,
                               .parameters = trained_tensors(store_),
                               .best = best_.states(),
                               .mean = mean_ ? mean_->tensors() : tensor::TensorMap(),
                               .optimizer = stepper_.optimizer().state()},
                              spec_.train.keep_checkpoints);
  }

  [[noreturn]] void stop_with_checkpoint(const Error& error) {
    if (spec_.directory.empty() || progressed_.step == 0) {
      log_->finish(Ending::kStopped);
      throw error;
    }
    const std::filesystem::path checkpoint = write_checkpoint();
    log_->finish(Ending::kStopped);
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
            .last_step = progressed_.last_step,
            .soup = soup_};
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
  BestStates best_;
  std::optional<MovingMean> mean_;
  std::optional<optim::Plateau> plateau_;
  size_t stages_begun_ = 0;  // of spec_.stages
  int64_t stage_began_ = 0;  // the newest one's first step, 0-based
  Json soup_;
};

}  // namespace

bool evaluation_falls_due(int64_t step_of_epoch, int64_t steps_per_epoch, int64_t evaluations) {
  const int64_t count = std::min(evaluations, steps_per_epoch);
  return step_of_epoch * count / steps_per_epoch > (step_of_epoch - 1) * count / steps_per_epoch;
}

TrainerResult run_trainer(TrainingTask& task, const TrainerSpec& spec) { return Trainer(task, spec).run(); }

}  // namespace rift::train
