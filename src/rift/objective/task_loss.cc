#include "rift/objective/task_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "rift/base/error.h"
#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

std::unique_ptr<Loss> loss_of(const TaskLossSpec& spec) {
  RIFT_CHECK(facts_of(spec.loss).fits(spec.target));
  const LossTarget target{.is_classes = spec.target == Target::kClasses || spec.target == Target::kOrdered,
                          .class_weight = spec.class_weight};
  return std::visit(
      [&](const auto& options) -> std::unique_ptr<Loss> {
        if constexpr (std::is_same_v<std::decay_t<decltype(options)>, AutomaticLoss>) {
          RIFT_FAIL(Code::kBug, "a loss that was not resolved");
        } else {
          return make_loss(options, target);
        }
      },
      spec.loss.kind);
}

std::vector<double> balanced(std::span<const double> targets, size_t classes) {
  std::vector<double> count(classes);
  for (const double target : targets) {
    RIFT_CHECK(target >= 0 && target < static_cast<double>(classes));
    ++count[static_cast<size_t>(target)];
  }
  std::vector<double> weights;
  for (size_t c = 0; c < classes; ++c) {
    RIFT_REQUIRE(count[c] > 0, Code::kData,
                 "objective.class_weight: class {} has no training row, so it has no balanced weight; check the split",
                 c);
    weights.push_back(static_cast<double>(targets.size()) / (static_cast<double>(classes) * count[c]));
  }
  return weights;
}

std::vector<double> given(const OptionMap<double>& weights, const std::vector<std::string>& class_names) {
  std::vector<double> found(class_names.size(), 1.0);
  RIFT_REQUIRE(!weights.empty(), Code::kConfig,
               "objective.class_weight.weights: empty; say a weight for a class, or leave class_weight out");
  for (const auto& [name, weight] : weights) {
    const auto place = std::ranges::find(class_names, name);
    RIFT_REQUIRE(place != class_names.end(), Code::kConfig,
                 "objective.class_weight.weights: '{}' is none of the {} classes of data.label; write them as in the "
                 "data",
                 shorten(name), class_names.size());
    RIFT_REQUIRE(std::isfinite(weight) && weight > 0, Code::kConfig,
                 "objective.class_weight.weights.{}: expected a number > 0, got {}", shorten(name), weight);
    found[static_cast<size_t>(place - class_names.begin())] = weight;
  }
  return found;
}

}  // namespace

TaskLoss::TaskLoss(TaskLossSpec spec)
    : outputs_(head_outputs(spec.loss, spec.target, spec.classes)),
      class_weight_(spec.class_weight),
      loss_(loss_of(spec)) {
  RIFT_CHECK(class_weight_.empty() || (spec.target != Target::kLabels && spec.target != Target::kValue));
}

std::vector<double> TaskLoss::weights_of(std::span<const double> targets, std::span<const double> row_weights) const {
  RIFT_CHECK(row_weights.empty() || row_weights.size() == targets.size());
  std::vector<double> weights(targets.size(), 1.0);
  for (size_t row = 0; row < targets.size(); ++row) {
    if (!row_weights.empty()) weights[row] = row_weights[row];
    if (class_weight_.empty()) continue;
    RIFT_CHECK(targets[row] >= 0 && targets[row] < static_cast<double>(class_weight_.size()));
    weights[row] *= class_weight_[static_cast<size_t>(targets[row])];
  }
  return weights;
}

double TaskLoss::weight(std::span<const double> targets, std::span<const double> row_weights) const {
  return loss_->weight(targets, weights_of(targets, row_weights));
}

LossSum TaskLoss::evaluate(std::span<const float> logits, std::span<const double> targets,
                           std::span<const double> row_weights, std::span<float> gradient) const {
  RIFT_CHECK(logits.size() == targets.size() * static_cast<size_t>(outputs_) && gradient.size() == logits.size());
  if (!std::ranges::all_of(logits, [](float logit) { return std::isfinite(logit); })) {
    std::ranges::fill(gradient, std::numeric_limits<float>::quiet_NaN());
    return {.sum = std::numeric_limits<double>::quiet_NaN(), .weight = weight(targets, row_weights)};
  }
  const std::vector<double> said(logits.begin(), logits.end());
  std::vector<double> derivative(said.size());
  const LossSum total =
      loss_->evaluate({.logits = said, .targets = targets, .weights = weights_of(targets, row_weights)}, derivative);
  std::ranges::transform(derivative, gradient.begin(), [](double value) { return static_cast<float>(value); });
  return total;
}

std::vector<double> class_weights(const ClassWeightOptions& options, std::span<const double> targets,
                                  const std::vector<std::string>& class_names) {
  if (std::holds_alternative<BalancedClassWeight>(options.kind)) return balanced(targets, class_names.size());
  if (const auto* asked = std::get_if<GivenClassWeight>(&options.kind)) return given(asked->weights, class_names);
  return {};
}

}  // namespace rift::objective
