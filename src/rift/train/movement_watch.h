#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "rift/nn/parameters.h"
#include "rift/optim/optimizer.h"
#include "rift/tensor/tensor_map.h"
#include "rift/train/task.h"

namespace rift::train {

/// Guards against parameters that are called trainable and yet stay: cut off from the loss, or left out by the
/// optimizer. Remembers the trainable parameters at its making.
class MovementWatch {
 public:
  static constexpr int64_t kSteps = 3;
  explicit MovementWatch(const nn::ParameterStore& store);

  /// To be called after each step, while its gradients stand. Movement does not tell whether one came: weight decay
  /// moves what the loss never reaches.
  void look(const nn::ParameterStore& store);

  /// To be called after kSteps steps whose rows have some weight and more than a token each, right after the last of
  /// them and its look(), with that step's learning-rate factor and clip factor. Throws kConfig naming the tensors
  /// that no gradient reached, kBug naming those that have not moved although a gradient large enough to move them
  /// came. A tensor whose steps are lost in its values' rounding may stay.
  struct LastStep {
    const optim::Optimizer<float>& optimizer;
    double lr_factor = 1.0;
    double clip_factor = 1.0;
  };
  void check(const TrainingTask& task, const nn::ParameterStore& store, const LastStep& step) const;

 private:
  tensor::TensorMap start_;
  std::set<std::string> reached_;  // by a gradient that is not zero everywhere
};

}  // namespace rift::train
