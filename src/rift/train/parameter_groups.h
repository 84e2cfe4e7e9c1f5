#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/models/tunable_model.h"
#include "rift/nn/parameters.h"
#include "rift/objective/anchor.h"
#include "rift/optim/optimizer.h"

namespace rift::train {

/// Whether the run changes it: it trains now, or with a later stage.
inline bool moves(const nn::Parameter& parameter) { return parameter.trainable || parameter.resting; }
/// Whether the run changes what the encoder says: a parameter of it moves, or of what stands in and beside it.
bool encoder_moves(const models::TunableModel& model);

/// True for biases, norms, scales and lengths: weight decay would pull them to a place that means nothing.
bool is_exempt_from_decay(const nn::Parameter& parameter);

/// What an encoder's parameter multiplies the encoder's learning rate with, by name; 1 of those that are not named.
using RateFactors = std::map<std::string, double, std::less<>>;

/// Layer-wise decay: 1 for the top layer, `decay` times that of the layer above for every other, the stem last. An
/// adapter's parameters go with the weight that it stands beside. Empty for a decay of 1.
/// Source: Howard and Ruder, arXiv:1801.06146 sec. 3.2.
RateFactors layer_rates(const models::TunableModel& model, double decay);
RateFactors layer_rates(const models::Part& stem, std::span<const models::Part> layers, double decay);

/// Encoder and head, each with and without weight decay; the encoder's once for each factor. Every trainable parameter
/// of `store` is in exactly one of the two lists (kBug otherwise).
std::vector<optim::ParameterGroup> make_groups(const nn::ParameterStore& store, const optim::OptimOptions& options,
                                               std::span<const std::string> encoder, std::span<const std::string> head,
                                               const RateFactors& factors = {});

/// The trainable parameters that have a pretrained value: all but `new_parameters`.
std::vector<objective::AnchoredSlice> anchored_slices(const nn::ParameterStore& store,
                                                      std::span<const std::string> new_parameters);
/// The same of a model; what an adapter adds counts as new too: zero is its pretrained value as a product only.
std::vector<objective::AnchoredSlice> anchored_slices(const models::TunableModel& model,
                                                      std::vector<std::string> new_parameters);

/// What the optimizer is to pull at under `anchor`: of l2 every parameter that trains, else anchored_slices(). Throws
/// kConfig where l2_sp or ewc has a lambda and nothing to hold (for l2_sp a low-rank update is something), kUnsupported
/// for ewc beside adapters, in maps or beside them.
std::vector<objective::AnchoredSlice> held_slices(const objective::AnchorOptions& anchor,
                                                  const models::TunableModel& model,
                                                  std::vector<std::string> new_parameters);

}  // namespace rift::train
