#pragma once

#include <cstdint>
#include <vector>

#include "rift/nn/parameters.h"
#include "rift/tensor/tensor_map.h"

/// Parameters of several moments of a run. Everywhere: those that train, now or in a later stage, with every buffer.
namespace rift::train {

/// The parameters that train and the buffers, as copies.
tensor::TensorMap trained_tensors(const nn::ParameterStore& store);

/// Gives a model other values for as long as it lives.
class Borrowed {
 public:
  Borrowed(nn::ParameterStore& store, const tensor::TensorMap& values);
  ~Borrowed();
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

 private:
  nn::ParameterStore& store_;
  tensor::TensorMap own_;
};

/// Exponential moving mean: after the first step the parameters, then mean += (1 - decay) * (parameters - mean), as
/// torch.optim.swa_utils with get_ema_multi_avg_fn. Buffers are the newest ones.
class MovingMean {
 public:
  explicit MovingMean(double decay) : decay_(decay) {}
  void update(const nn::ParameterStore& store);
  const tensor::TensorMap& tensors() const { return mean_; }  // empty before the first step
  void restore(tensor::TensorMap mean) { mean_ = std::move(mean); }

 private:
  double decay_;
  tensor::TensorMap mean_;
};

/// The parameters of one evaluation.
struct EvaluatedState {
  int64_t step = 0;
  double value = 0.0;  // of the deciding metric
  tensor::TensorMap tensors;
};

/// The best evaluations of a run, best first; of equal ones the earlier.
class BestStates {
 public:
  explicit BestStates(int64_t most) : most_(most) {}
  /// Whether the newest is better than all before it. `tensors` is asked for only where the state is kept.
  template <class Tensors>
  bool offer(int64_t step, double value, bool higher_is_better, Tensors tensors) {
    const size_t place = place_of(value, higher_is_better);
    if (place >= static_cast<size_t>(most_)) return false;
    states_.insert(states_.begin() + static_cast<std::ptrdiff_t>(place), {step, value, tensors()});
    if (states_.size() > static_cast<size_t>(most_)) states_.pop_back();
    return place == 0;
  }
  const std::vector<EvaluatedState>& states() const { return states_; }
  void restore(std::vector<EvaluatedState> states) { states_ = std::move(states); }

 private:
  size_t place_of(double value, bool higher_is_better) const;
  int64_t most_;
  std::vector<EvaluatedState> states_;
};

/// The mean of each tensor; the first one's where it is no floating-point one. Source: "model soups", arXiv:2203.05482
/// (the uniform one).
tensor::TensorMap mean_of(const std::vector<EvaluatedState>& states);

}  // namespace rift::train
