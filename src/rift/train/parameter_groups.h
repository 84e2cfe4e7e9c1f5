#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/models/tunable_model.h"
#include "rift/nn/parameters.h"
#include "rift/objective/anchor.h"
#include "rift/optim/optimizer.h"

namespace rift::train {

/// True for biases and norms: weight decay would pull them to a place that means nothing.
bool is_exempt_from_decay(const nn::Parameter& parameter);

/// Up to four groups: encoder and head, each with and without weight decay. Every trainable parameter of `store` is in
/// exactly one of the two lists (kBug otherwise).
std::vector<optim::ParameterGroup> make_groups(const nn::ParameterStore& store, const optim::OptimOptions& options,
                                               std::span<const std::string> encoder, std::span<const std::string> head);

/// The trainable parameters that have a pretrained value: all but `new_parameters`.
std::vector<objective::AnchoredSlice> anchored_slices(const nn::ParameterStore& store,
                                                      std::span<const std::string> new_parameters);
/// The same of a model; what an adapter adds counts as new too: zero is its pretrained value as a product only.
std::vector<objective::AnchoredSlice> anchored_slices(const models::TunableModel& model,
                                                      std::vector<std::string> new_parameters);

/// What the optimizer is to pull at under `anchor`: of l2 every parameter that trains, else anchored_slices(). Throws
/// kConfig where l2_sp or ewc has a lambda and nothing to hold (for l2_sp a low-rank update is something), kUnsupported
/// for ewc beside adapters.
std::vector<objective::AnchoredSlice> held_slices(const objective::AnchorOptions& anchor,
                                                  const models::TunableModel& model,
                                                  std::vector<std::string> new_parameters);

}  // namespace rift::train
