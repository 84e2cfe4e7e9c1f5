#include "rift/train/stepper.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/nn/engine/memory.h"
#include "rift/optim/clip.h"
#include "rift/optim/schedule.h"

namespace rift::train {
namespace {

constexpr size_t kRowsNamed = 64;  // in a message

optim::Pull<float> pull_of(const std::optional<objective::Anchor<float>>& anchor) {
  optim::Pull<float> pull;
  if (!anchor) return pull;
  pull.rate = anchor->lambda;
  for (const objective::AnchoredSlice& slice : anchor->slices) pull.slices.push_back({slice.offset, slice.size});
  pull.centre = anchor->centre;
  pull.rates = anchor->rates;
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

}  // namespace

Stepper::Stepper(TrainingTask& task, const TrainerSpec& spec, const RowPlan& plan)
    : task_(task),
      spec_(spec),
      store_(task.parameters()),
      plan_(plan),
      anchor_(
          objective::make_anchor<float>(spec.anchor, std::as_const(store_).values<float>(), spec.anchored, spec.rates)),
      lambda_(objective::lambda_of(spec.anchor)),
      optimizer_(spec.optim, spec.groups, pull_of(anchor_), [this](const optim::Slice& written) {
        store_.tell_followers({written.offset, written.size});
      }) {
  const std::string_view why_whole = task.why_whole_steps();
  RIFT_REQUIRE(why_whole.empty() || plan.rows_per_part >= std::min(plan.rows_per_step, plan.rows), Code::kConfig,
               "{}, and a step of {} rows is taken in parts of {}; raise optim.batch_rows, and leave optim.accumulate "
               "at 1",
               why_whole, plan.rows_per_step, plan.rows_per_part);
}

void Stepper::restart() {
  std::set<int64_t> offsets;
  for (const nn::Parameter& parameter : store_.parameters()) {
    if (parameter.trainable) offsets.insert(parameter.offset);
  }
  optimizer_.restart([&](const optim::Slice& slice) { return offsets.contains(slice.offset); });
  telling_steps_ = 0;
}

StepRecord Stepper::step(const Place& place) {
  StepRecord record;
  record.step = place.step + 1;
  record.rows = static_cast<int64_t>(place.rows.size());
  const bool is_added = place.step >= plan_.first_steps;  // by optim.more_epochs
  const int64_t begun = is_added ? plan_.first_steps : 0;
  const int64_t steps = (is_added ? plan_.total_steps : plan_.first_steps) - begun;
  factors_.lr =
      place.lr_factor * optim::schedule_factor(spec_.optim.schedule, spec_.optim.warmup, place.step - begun, steps);
  record.lr = spec_.optim.lr * factors_.lr;
  record.head_lr = spec_.optim.head_lr.value_or(spec_.optim.lr) * factors_.lr;
  if (updates_as_gradients_come(place.rows)) {
    step_as_gradients_come(place, record);
  } else {
    step_at_the_end(place, record);
  }
  if (is_telling_) ++telling_steps_;
  record.loss = record.loss_task + record.loss_anchor;
  return record;
}

/// Whether a weight may be updated as soon as its gradient is whole: nothing is asked of the gradient as a whole
/// then, no further part of the step adds to it, and no layer is computed again on the way back, for which weights
/// would be packed anew.
bool Stepper::updates_as_gradients_come(std::span<const int64_t> rows) const {
  return spec_.optim.clip_norm == 0 && spec_.optim.sam_rho == 0 && !spec_.train.gradient_checkpointing &&
         optimizer_.takes_parts() && !task_.has_step_anchor() &&
         static_cast<int64_t>(rows.size()) <= plan_.rows_per_part && store_.device().is_cpu();
}

void Stepper::step_as_gradients_come(const Place& place, StepRecord& record) {
  optimizer_.begin_step(factors_.lr);
  UpdateAtOnce updates(store_, optimizer_);
  add_gradients(place, record);
  take_measure(updates.finish(), place, record);
  factors_.clip = 1.0;
}

void Stepper::step_at_the_end(const Place& place, StepRecord& record) {
  add_gradients(place, record);
  if (spec_.optim.sam_rho > 0) add_gradients_at_the_worst_point(place, record);
  if (task_.has_step_anchor()) add_step_anchor(place, record);
  const std::span<float> values = store_.values<float>();
  const std::span<const float> gradients = std::as_const(store_).gradients<float>();
  take_measure(optimizer_.measure(values, gradients), place, record);
  factors_.clip = optim::clip_factor(record.gradient_norm, spec_.optim.clip_norm);
  optimizer_.step(values, gradients, factors_.lr, factors_.clip);
  store_.publish_values();
}

/// SAM: where the loss, taken as linear, is largest within sam_rho, theta + rho * g / |g|, the gradient is taken anew;
/// the step is then made from theta. g is what the step's rows say: an anchor that asks no row has its minimum where it
/// says. Losses of the record stay those at theta. Source: arXiv:2010.01412, algorithm 1.
void Stepper::add_gradients_at_the_worst_point(const Place& place, StepRecord& record) {
  const std::span<const float> gradients = std::as_const(store_).gradients<float>();
  const std::vector<optim::Slice> slices = optimizer_.active_slices();
  const auto each_slice = [&](auto&& visit) {
    for (const optim::Slice& slice : slices) visit(static_cast<size_t>(slice.offset), static_cast<size_t>(slice.size));
  };
  double squares = 0;
  each_slice([&](size_t offset, size_t size) {
    for (const float g : gradients.subspan(offset, size)) squares += static_cast<double>(g) * static_cast<double>(g);
  });
  require_finite(squares, "the gradient", place.step, place.rows);
  const auto by = static_cast<float>(spec_.optim.sam_rho / (std::sqrt(squares) + 1e-12));
  std::span<float> values = store_.values<float>();
  held_.clear();
  each_slice([&](size_t offset, size_t size) {
    held_.insert(held_.end(), values.begin() + static_cast<std::ptrdiff_t>(offset),
                 values.begin() + static_cast<std::ptrdiff_t>(offset + size));
    for (size_t i = offset; i < offset + size; ++i) values[i] += by * gradients[i];
  });
  store_.publish_values();
  StepRecord there;
  add_gradients(place, there);
  record.tokens += there.tokens;
  values = store_.values<float>();
  auto from = held_.begin();
  each_slice([&](size_t offset, size_t size) {
    std::copy_n(from, size, values.begin() + static_cast<std::ptrdiff_t>(offset));
    from += static_cast<std::ptrdiff_t>(size);
  });
}

void Stepper::take_measure(const optim::GradientMeasure& measure, const Place& place, StepRecord& record) const {
  record.gradient_norm = measure.norm;
  record.loss_anchor += lambda_ * 0.5 * measure.pull_distance;
  require_finite(record.gradient_norm, "the gradient", place.step, place.rows);
}

nn::ForwardContext Stepper::context_of(const Place& place) const {
  return {.training = true,
          .seed = static_cast<uint64_t>(spec_.train.seed),
          .epoch = place.epoch,
          .precision = spec_.precision,
          .recomputes = spec_.train.gradient_checkpointing,
          .most_bytes = spec_.train.batch_memory_mib << 20};
}

void Stepper::add_step_anchor(const Place& place, StepRecord& record) {
  record.loss_anchor += lambda_ * task_.add_step_anchor(place.step, context_of(place));
  require_finite(record.loss_anchor, "the anchor's loss", place.step, place.rows);
  store_.fetch_gradients();
}

/// Part by part: dividing by the whole step's weight before the backward pass makes parts of any size add up to it.
void Stepper::add_gradients(const Place& place, StepRecord& record) {
  const nn::ForwardContext context = context_of(place);
  const double weight = task_.weight(place.rows, context);
  store_.zero_gradients();
  objective::LossSum total;
  double anchor = 0;
  int64_t tokens = 0;
  const auto part_size = static_cast<size_t>(plan_.rows_per_part);
  for (size_t first = 0; first < place.rows.size(); first += part_size) {
    const auto part = place.rows.subspan(first, std::min(part_size, place.rows.size() - first));
    const PartLoss loss = add_part(part, context, weight > 0 ? 1.0 / weight : 0.0);
    require_finite(loss.loss.sum + loss.anchor.sum, "the loss", place.step, part);
    anchor += loss.anchor.sum;
    total.sum += loss.loss.sum;
    total.weight += loss.loss.weight;
    tokens += loss.tokens;
  }
  is_telling_ = weight > 0 && tokens > std::ssize(place.rows);
  record.tokens += tokens;
  store_.fetch_gradients();
  record.loss_task = total.weight > 0 ? total.sum / total.weight : 0.0;
  record.loss_anchor = total.weight > 0 ? lambda_ * anchor / total.weight : 0.0;
}

/// Where memory does not suffice, in halves: the gradient is the same sum. An OutOfMemory comes before anything is
/// added; from then on no weight is updated before the step's end.
PartLoss Stepper::add_part(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale) {
  try {
    return task_.add_gradient(rows, context, scale);
  } catch (const nn::engine::OutOfMemory& error) {
    const std::string_view why_whole = task_.why_whole_steps();
    if (rows.size() == 1) throw;
    RIFT_REQUIRE(why_whole.empty(), Code::kEnvironment,
                 "{}, so a batch is not taken in parts, and memory does not suffice for one: {}; set optim.batch_rows "
                 "lower",
                 why_whole, error.message());
    if (!std::exchange(splits_batches_, true)) {
      log_warning("a batch is taken in parts, steps stay the same", {{"why", error.message()}});
    }
  }
  store_.set_gradient_sink(nullptr);
  PartLoss sum = add_part(rows.first(rows.size() / 2), context, scale);
  const PartLoss rest = add_part(rows.subspan(rows.size() / 2), context, scale);
  sum.loss.sum += rest.loss.sum;
  sum.loss.weight += rest.loss.weight;
  sum.anchor.sum += rest.anchor.sum;
  sum.anchor.weight += rest.anchor.weight;
  sum.tokens += rest.tokens;
  return sum;
}

void Stepper::require_finite(double value, const char* what, int64_t step, std::span<const int64_t> rows) const {
  if (std::isfinite(value)) return;
  std::vector<int64_t> numbers;
  for (const int64_t row : rows.first(std::min(rows.size(), kRowsNamed))) numbers.push_back(task_.source_row(row));
  RIFT_FAIL(Code::kData,
            "step {} of {}: {} is not finite; rows of the batch (0-based, in the source): {}{}; try a smaller "
            "optim.lr or optim.clip_norm, and look for extreme labels or weights in these rows",
            step + 1, plan_.total_steps, what, fmt::join(numbers, ", "),
            rows.size() > kRowsNamed ? fmt::format(" and {} more", rows.size() - kRowsNamed) : "");
}

}  // namespace rift::train
