#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/objective/anchor.h"
#include "rift/optim/optimizer.h"
#include "rift/train/row_order.h"
#include "rift/train/run_log.h"
#include "rift/train/task.h"
#include "rift/train/trainer.h"

namespace rift::train {

/// Makes the steps of a run: the gradient of the weighted mean over a step's rows, part by part; the anchor's; clipped
/// by value and by the global norm; the optimizer's update. Knows nothing of evaluations, logs and checkpoints.
class Stepper {
 public:
  /// theta_p of the anchor are the store's values now.
  Stepper(TrainingTask& task, const TrainerSpec& spec, const RowPlan& plan);

  struct Place {
    int64_t step = 0;   // 0-based
    int64_t epoch = 0;  // 0-based
    std::span<const int64_t> rows;
    double lr_factor = 1.0;  // beside the schedule's
  };
  /// Throws kData when loss or gradient are not finite. StepRecord::epoch is the caller's to fill in.
  StepRecord step(const Place& place);

  /// The optimizer begins anew with the parameters that train now (a stage of the run); the anchor stays.
  void restart();

  /// Steps of this process, or of a stage, after which everything that trains should have moved: rows of weight 0 move
  /// nothing, rows of one token nothing that turns queries and keys.
  int64_t telling_steps() const { return telling_steps_; }

  /// What the newest step multiplied rates and gradient with.
  struct Factors {
    double lr = 1.0;
    double clip = 1.0;
  };
  const Factors& factors() const { return factors_; }
  const optim::Optimizer<float>& optimizer() const { return optimizer_; }
  void restore(optim::Optimizer<float>::State state) { optimizer_.restore(std::move(state)); }

 private:
  bool updates_as_gradients_come(std::span<const int64_t> rows) const;
  void step_as_gradients_come(const Place& place, StepRecord& record);
  void step_at_the_end(const Place& place, StepRecord& record);
  void add_gradients_at_the_worst_point(const Place& place, StepRecord& record);
  void take_measure(const optim::GradientMeasure& measure, const Place& place, StepRecord& record) const;
  void add_gradients(const Place& place, StepRecord& record);
  void add_step_anchor(const Place& place, StepRecord& record);
  nn::ForwardContext context_of(const Place& place) const;
  PartLoss add_part(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale);
  void require_finite(double value, const char* what, int64_t step, std::span<const int64_t> rows) const;

  TrainingTask& task_;
  const TrainerSpec& spec_;
  nn::ParameterStore& store_;
  RowPlan plan_;
  std::optional<objective::Anchor<float>> anchor_;
  double lambda_ = 0.0;
  optim::Optimizer<float> optimizer_;
  Factors factors_;
  int64_t telling_steps_ = 0;
  bool is_telling_ = false;      // the newest gradient
  bool splits_batches_ = false;  // for want of memory
  std::vector<float> held_;      // values of the parameters that train, while the worst point near them is looked at
};

}  // namespace rift::train
