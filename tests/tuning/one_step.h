#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rift/models/tunable_model.h"
#include "rift/nn/forward_context.h"
#include "rift/nn/parameters.h"
#include "rift/optim/optimizer.h"
#include "rift/tuning/options.h"
#include "rift/tuning/tuning.h"

namespace rift::test {

inline constexpr nn::ForwardContext kTraining{.training = true, .seed = 7, .epoch = 0};

inline std::vector<tuning::TuningOptions> every_method() {
  using tuning::BottleneckStyle;
  return {{.method = tuning::FullOptions{}},
          {.method = tuning::HeadOptions{}},
          {.method = tuning::TopKOptions{.layers = 1}},
          {.method = tuning::GradualOptions{}},
          {.method = tuning::BitFitOptions{}},
          {.method = tuning::NormOptions{}},
          {.method = tuning::LoraOptions{.rank = 3, .alpha = 6, .dropout = 0.1}},
          {.method = tuning::LoraOptions{.rank = 3,
                                         .alpha = 6,
                                         .dropout = 0.1,
                                         .scaling = tuning::LoraScaling::kRankStabilised,
                                         .dora = true,
                                         .b_lr_ratio = 4}},
          {.method = tuning::Ia3Options{}},
          {.method = tuning::BottleneckOptions{.style = BottleneckStyle::kPfeiffer, .reduction = 4}},
          {.method = tuning::BottleneckOptions{.style = BottleneckStyle::kHoulsby, .reduction = 4}},
          {.method = tuning::PromptOptions{.tokens = 3}},
          {.method = tuning::PrefixOptions{.tokens = 2}}};
}

/// What a model of texts refuses by name, as Applied would be asked for it; "" where it takes the method.
inline std::string refusal(const tuning::TuningOptions& options, const models::TunableModel& model) {
  const models::AdditionSizes sizes = model.addition_sizes();
  if (std::holds_alternative<tuning::BottleneckOptions>(options.method)) return sizes.why_no_adapters;
  if (std::holds_alternative<tuning::PromptOptions>(options.method)) return sizes.why_no_prompt;
  if (std::holds_alternative<tuning::PrefixOptions>(options.method)) return sizes.why_no_prefix;
  return "";
}

/// As if every stage of the method had begun.
inline void begin_every_stage(nn::ParameterStore& store, const tuning::Applied& applied) {
  for (const auto& stage : applied.stages) {
    for (const std::string& name : stage) store.set_trainable(store.at(name), true);
  }
}

/// One backward pass and one SGD step over what is trainable. A classifier of texts or images and its batch.
template <class Model, class Batch>
void step(Model& model, const Batch& batch, double rate = 0.1) {
  nn::ParameterStore& store = model.parameters();
  store.zero_gradients();
  model.forward(batch, kTraining).pow(2).sum().backward();
  optim::ParameterGroup group{.name = "all", .lr = rate};
  for (const nn::Stretch& stretch : store.trainable_stretches()) group.slices.push_back({stretch.offset, stretch.size});
  optim::Optimizer<float>({.name = optim::SgdOptions{}}, {group})
      .step(store.values<float>(), std::as_const(store).gradients<float>(), 1.0);
}

}  // namespace rift::test
