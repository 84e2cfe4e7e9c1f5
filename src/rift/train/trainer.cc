#include "rift/train/trainer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/nn/engine/memory.h"
#include "rift/optim/clip.h"
#include "rift/optim/schedule.h"
#include "rift/train/checkpoint_state.h"
#include "rift/train/movement_watch.h"
#include "rift/train/row_order.h"
#include "rift/train/run_log.h"

namespace rift::train {
namespace {

constexpr size_t kRowsNamed = 64;  // in a message

/// "loss .431"
std::string loss_note(double loss) {
  std::string figure = fmt::format("{:.3f}", loss);
  if (figure.starts_with("0.")) figure.erase(0, 1);
  return "loss " + figure;
}

optim::Pull<float> pull_of(const std::optional<objective::Anchor<float>>& anchor) {
  optim::Pull<float> pull;
  if (!anchor) return pull;
  pull.rate = anchor->lambda;
  for (const objective::AnchoredSlice& slice : anchor->slices) pull.slices.push_back({slice.offset, slice.size});
  pull.centre = anchor->centre;
  return pull;
}

/// Updates weights as their gradients become known, for as long as it lives. Values are asked for when the first one is
/// written: to the forward pass before, nothing has changed.
class UpdateAtOnce final : public nn::GradientSink {
 public:
  UpdateAtOnce(nn::ParameterStore& store, optim::Optimizer<float>& optimizer)
      : store_(store), optimizer_(optimizer), gradients_(std::as_const(store).gradients<float>()) {
    store_.set_gradient_sink(this);
  }
  ~UpdateAtOnce() override { store_.set_gradient_sink(nullptr); }
  void whole(const nn::Stretch& stretch) override {
    optimizer_.update(values(), gradients_, {stretch.offset, stretch.size});
  }
  optim::GradientMeasure finish() {
    store_.set_gradient_sink(nullptr);
    return optimizer_.finish_step(values(), gradients_);
  }

 private:
  std::span<float> values() {
    std::call_once(asked_, [&] { values_ = store_.values<float>(); });
    return values_;
  }

  nn::ParameterStore& store_;
  optim::Optimizer<float>& optimizer_;
  std::span<const float> gradients_;
  std::once_flag asked_;
  std::span<float> values_;
};

class Trainer {
 public:
  Trainer(TrainingTask& task, const TrainerSpec& spec)
      : task_(task),
        spec_(spec),
        store_(task.parameters()),
        plan_(plan_rows(spec.optim, task.rows())),
        order_(plan_, static_cast<uint64_t>(spec.train.seed), spec.shuffle),
        anchor_(objective::make_anchor<float>(spec.anchor, std::as_const(store_).values<float>(), spec.anchored)),
        optimizer_(spec.optim, spec.groups, pull_of(anchor_),
                   [this](const optim::Slice& written) {
                     store_.tell_followers({written.offset, written.size});
                   }),
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
    optimizer_.restore(std::move(state->optimizer));
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
    const std::span<const int64_t> rows = order_.rows_of(step);
    StepRecord record;
    record.step = step + 1;
    record.epoch = passes(step + 1);
    record.rows = static_cast<int64_t>(rows.size());
    const double lr_factor = optim::schedule_factor(spec_.optim.schedule, spec_.optim.warmup, step, plan_.total_steps);
    record.lr = spec_.optim.lr * lr_factor;
    record.head_lr = spec_.optim.head_lr.value_or(spec_.optim.lr) * lr_factor;
    const double clip = updates_as_gradients_come(rows) ? step_as_gradients_come(rows, record, lr_factor)
                                                        : step_at_the_end(rows, record, lr_factor);
    const double lambda = anchor_ ? anchor_->lambda : 0.0;
    record.loss = record.task_loss + lambda * record.anchor_loss;
    finish_step(record, {.groups = optimizer_.groups(), .lr_factor = lr_factor, .clip_factor = clip});
    progress.advance(record.rows);
    progress.note(loss_note(record.loss));
  }

  /// Whether a weight may be updated as soon as its gradient is whole: nothing is asked of the gradient as a whole
  /// then, and no further part of the step adds to it.
  bool updates_as_gradients_come(std::span<const int64_t> rows) const {
    return spec_.optim.clip_norm == 0 && static_cast<int64_t>(rows.size()) <= plan_.rows_per_part &&
           store_.device().is_cpu();
  }

  double step_as_gradients_come(std::span<const int64_t> rows, StepRecord& record, double lr_factor) {
    optimizer_.begin_step(lr_factor);
    UpdateAtOnce updates(store_, optimizer_);
    add_gradients(rows, record);
    take_measure(updates.finish(), rows, record);
    return 1.0;
  }

  /// Returns the factor that clips the gradient.
  double step_at_the_end(std::span<const int64_t> rows, StepRecord& record, double lr_factor) {
    add_gradients(rows, record);
    const std::span<float> values = store_.values<float>();
    const std::span<const float> gradients = std::as_const(store_).gradients<float>();
    take_measure(optimizer_.measure(values, gradients), rows, record);
    const double clip = optim::clip_factor(record.gradient_norm, spec_.optim.clip_norm);
    optimizer_.step(values, gradients, lr_factor, clip);
    store_.publish_values();
    return clip;
  }

  void take_measure(const optim::GradientMeasure& measure, std::span<const int64_t> rows, StepRecord& record) const {
    record.gradient_norm = measure.norm;
    record.anchor_loss = 0.5 * measure.pull_distance;
    require_finite(record.gradient_norm, "the gradient", rows);
  }

  /// The gradient of the weighted mean over `rows`, part by part: dividing by the whole step's weight before the
  /// backward pass makes parts of any size add up to it.
  void add_gradients(std::span<const int64_t> rows, StepRecord& record) {
    const nn::ForwardContext context{.training = true,
                                     .seed = static_cast<uint64_t>(spec_.train.seed),
                                     .epoch = order_.epoch_of(progressed_.step),
                                     .precision = spec_.precision,
                                     .most_bytes = spec_.train.batch_memory_mib << 20};
    const double weight = task_.weight(rows, context);
    if (weight > 0) ++weighty_steps_;
    store_.zero_gradients();
    objective::LossSum total;
    const auto part_size = static_cast<size_t>(plan_.rows_per_part);
    for (size_t first = 0; first < rows.size(); first += part_size) {
      const auto part = rows.subspan(first, std::min(part_size, rows.size() - first));
      const PartLoss loss = add_part(part, context, weight > 0 ? 1.0 / weight : 0.0);
      require_finite(loss.loss.sum, "the loss", part);
      total.sum += loss.loss.sum;
      total.weight += loss.loss.weight;
      record.tokens += loss.tokens;
    }
    store_.fetch_gradients();
    record.task_loss = total.weight > 0 ? total.sum / total.weight : 0.0;
  }

  /// Where memory does not suffice, in halves: the gradient is the same sum. An OutOfMemory comes before anything is
  /// added; from then on no weight is updated before the step's end.
  PartLoss add_part(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale) {
    try {
      return task_.add_gradient(rows, context, scale);
    } catch (const nn::engine::OutOfMemory& error) {
      if (rows.size() == 1) throw;
      if (!std::exchange(splits_batches_, true)) {
        log_warning("a batch is taken in parts, steps stay the same", {{"why", error.message()}});
      }
    }
    store_.set_gradient_sink(nullptr);
    PartLoss sum = add_part(rows.first(rows.size() / 2), context, scale);
    const PartLoss rest = add_part(rows.subspan(rows.size() / 2), context, scale);
    sum.loss.sum += rest.loss.sum;
    sum.loss.weight += rest.loss.weight;
    sum.tokens += rest.tokens;
    return sum;
  }

  void require_finite(double value, const char* what, std::span<const int64_t> rows) const {
    if (std::isfinite(value)) return;
    std::vector<int64_t> numbers;
    for (const int64_t row : rows.first(std::min(rows.size(), kRowsNamed))) numbers.push_back(task_.source_row(row));
    RIFT_FAIL(Code::kData,
              "step {} of {}: {} is not finite; rows of the batch (0-based, in the source): {}{}; try a smaller "
              "optim.lr or optim.clip_norm, and look for extreme labels or weights in these rows",
              progressed_.step + 1, plan_.total_steps, what, fmt::join(numbers, ", "),
              rows.size() > kRowsNamed ? fmt::format(" and {} more", rows.size() - kRowsNamed) : "");
  }

  void finish_step(const StepRecord& record, const MovementWatch::LastStep& last) {
    progressed_.step = record.step;
    progressed_.last_step = to_json(record);
    const int64_t of_epoch = (record.step - 1) % plan_.steps_per_epoch + 1;
    progressed_.evaluation_due =
        record.step == plan_.total_steps ||
        evaluation_falls_due(of_epoch, plan_.steps_per_epoch, spec_.train.evaluations_per_epoch);
    log_->step(record);
    if (watch_ && weighty_steps_ == MovementWatch::kSteps) {
      watch_->check(task_, store_, last);
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
    return checkpoints_.write({progressed_, trained_tensors(store_), best_, optimizer_.state()},
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
  std::optional<objective::Anchor<float>> anchor_;
  optim::Optimizer<float> optimizer_;
  CheckpointFolder checkpoints_;
  std::optional<MovementWatch> watch_;
  bool splits_batches_ = false;  // for want of memory
  int64_t weighty_steps_ = 0;    // of this process; rows of weight 0 move nothing
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
