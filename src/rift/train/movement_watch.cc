#include "rift/train/movement_watch.h"

#include <ATen/ops/equal.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rift/base/error.h"

namespace rift::train {
namespace {

double largest_magnitude(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return static_cast<double>(largest);
}

std::span<const float> window(std::span<const float> flat, const nn::Parameter& parameter) {
  return flat.subspan(static_cast<size_t>(parameter.offset), static_cast<size_t>(parameter.size));
}

double learning_rate(const nn::Parameter& parameter, const optim::Optimizer<float>& optimizer) {
  for (const auto& group : optimizer.groups()) {
    for (const auto& slice : group.slices) {
      if (slice.offset == parameter.offset) return group.lr;
    }
  }
  return 0.0;
}

}  // namespace

MovementWatch::MovementWatch(const nn::ParameterStore& store) {
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.trainable) start_.emplace(parameter.name, parameter.view.detach().clone());
  }
}

void MovementWatch::look(const nn::ParameterStore& store) {
  for (const auto& [name, start] : start_) {
    if (!reached_.contains(name) && largest_magnitude(window(store.gradients<float>(), store.at(name))) > 0)
      reached_.insert(name);
  }
}

void MovementWatch::check(const TrainingTask& task, const nn::ParameterStore& store, const LastStep& step) const {
  std::vector<std::string> cut_off;
  std::vector<std::string> left_out;
  for (const auto& [name, start] : start_) {
    if (task.may_stay(name)) continue;
    if (!reached_.contains(name)) {
      cut_off.push_back(name);
      continue;
    }
    const nn::Parameter& parameter = store.at(name);
    if (!at::equal(parameter.view.detach(), start)) continue;
    const double gradient = largest_magnitude(window(store.gradients<float>(), parameter));
    const double value = largest_magnitude(window(store.values<float>(), parameter));
    const double lr = learning_rate(parameter, step.optimizer);
    const double by = lr * step.lr_factor * step.optimizer.least_step(step.clip_factor * gradient);
    if (lr == 0 || by > value * static_cast<double>(std::numeric_limits<float>::epsilon())) left_out.push_back(name);
  }
  RIFT_REQUIRE(cut_off.empty(), Code::kConfig,
               "after {} steps no gradient has reached {} of {} tensors that should train: {}; freeze them with "
               "tuning.freeze or choose another tuning.method",
               kSteps, cut_off.size(), start_.size(), fmt::join(cut_off, ", "));
  RIFT_REQUIRE(
      left_out.empty(), Code::kBug,
      "after {} steps {} of {} tensors that should train have not moved: {}; freeze them with tuning.freeze to "
      "go on, and report this",
      kSteps, left_out.size(), start_.size(), fmt::join(left_out, ", "));
}

}  // namespace rift::train
