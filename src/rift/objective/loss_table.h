#pragma once

#include <cstdint>
#include <string_view>

#include "rift/objective/loss_options.h"

namespace rift::objective {

/// What is predicted, as a loss sees it.
///   kBinary   0 / 1                       one logit
///   kClasses  number of a class           a logit each
///   kValue    a number                    one prediction
enum class Target { kBinary, kClasses, kValue };

/// What the table says of a loss: the targets that it fits, and whether a sigmoid or softmax of the head's outputs
/// estimates the probability. Where it does not, the score that a package holds orders the rows, and the calibrator
/// alone makes probabilities of it.
struct LossFacts {
  std::string_view name;
  bool binary = false;
  bool classes = false;
  bool value = false;
  bool is_probability = true;

  bool fits(Target target) const;
};
const LossFacts& facts_of(const LossOptions& loss);

/// The settings with AutomaticLoss replaced by the likelihood of the target: bce, cross_entropy or mse. Throws kConfig
/// when the loss asked for does not fit, naming those that do.
LossOptions resolve_loss(const LossOptions& asked, Target target);

/// Whether a sigmoid or softmax of the head's outputs estimates the probability under these settings: pos_weight and
/// smoothing bend it too.
bool gives_probabilities(const LossOptions& loss);

}  // namespace rift::objective
