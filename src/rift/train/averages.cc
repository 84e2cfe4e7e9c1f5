#include "rift/train/averages.h"

#include <ATen/core/grad_mode.h>

#include "rift/base/error.h"

namespace rift::train {

tensor::TensorMap trained_tensors(const nn::ParameterStore& store) {
  tensor::TensorMap tensors;
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.trainable || parameter.resting) tensors.emplace(parameter.name, parameter.view.detach().clone());
  }
  for (const auto& [name, buffer] : store.buffers()) tensors.emplace(name, buffer.clone());
  return tensors;
}

Borrowed::Borrowed(nn::ParameterStore& store, const tensor::TensorMap& values)
    : store_(store), own_(trained_tensors(store)) {
  store_.copy_from(values);
}

Borrowed::~Borrowed() { store_.copy_from(own_); }

void MovingMean::update(const nn::ParameterStore& store) {
  if (mean_.empty()) {
    mean_ = trained_tensors(store);
    return;
  }
  const at::NoGradGuard no_gradient;
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.trainable) mean_.at(parameter.name).lerp_(parameter.view, 1.0 - decay_);
  }
  for (const auto& [name, buffer] : store.buffers()) mean_.at(name).copy_(buffer);
}

size_t BestStates::place_of(double value, bool higher_is_better) const {
  size_t place = 0;
  while (place < states_.size()) {
    const double there = states_[place].value;
    if (higher_is_better ? value > there : value < there) break;
    ++place;
  }
  return place;
}

tensor::TensorMap mean_of(const std::vector<EvaluatedState>& states) {
  RIFT_CHECK(!states.empty());
  tensor::TensorMap mean;
  for (const auto& [name, first] : states.front().tensors) {
    if (!first.is_floating_point()) {
      mean.emplace(name, first.clone());
      continue;
    }
    at::Tensor sum = first.to(at::kDouble);
    for (size_t i = 1; i < states.size(); ++i) sum.add_(states[i].tensors.at(name));
    mean.emplace(name, sum.div_(static_cast<double>(states.size())).to(first.scalar_type()));
  }
  return mean;
}

}  // namespace rift::train
