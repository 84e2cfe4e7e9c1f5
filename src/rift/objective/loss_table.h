#pragma once

#include <cstdint>
#include <string_view>

#include "rift/objective/loss_options.h"

namespace rift::objective {

/// What is predicted, as a loss sees it.
///   kBinary   0 / 1                                        one logit
///   kClasses  number of one of C classes                   C logits
///   kOrdered  the same, from the lowest to the highest     C logits; of corn C - 1
///   kLabels   set of those of L labels that hold           L logits
///   kValue    a number                                     one prediction; of quantile one for each level
enum class Target { kBinary, kClasses, kOrdered, kLabels, kValue };

/// How what the head says becomes what the model says (link.h).
enum class Form { kAsItIs, kPositive, kQuantiles, kConditional };

/// What the table says of a loss.
///   binary, classes, ordered, labels, value: the targets that it fits
///   is_probability: a sigmoid or softmax of the outputs estimates the probability. Where it does not, the score that a
///     package holds orders the rows, and the calibrator alone makes probabilities of it
///   by_pairs: rows of a batch are set against each other, so that a batch may not be taken in parts
struct LossFacts {
  std::string_view name;
  bool binary = false;
  bool classes = false;
  bool ordered = false;
  bool labels = false;
  bool value = false;
  Form form = Form::kAsItIs;
  bool is_probability = true;
  bool by_pairs = false;

  bool fits(Target target) const;
};
const LossFacts& facts_of(const LossOptions& loss);

/// The settings with AutomaticLoss replaced by the likelihood of the target: bce, cross_entropy, corn or mse. Throws
/// kConfig when the loss asked for does not fit, naming those that do.
LossOptions resolve_loss(const LossOptions& asked, Target target);

/// Whether a sigmoid or softmax of the outputs estimates the probability under these settings: pos_weight and
/// smoothing bend it too.
bool gives_probabilities(const LossOptions& loss);

/// Numbers that the head says of a row; `classes`: C or L of a target that has them.
int64_t head_outputs(const LossOptions& loss, Target target, int64_t classes);

/// What the loss asks of a label of a regression: "a number", ">= 0" or "> 0"; and whether `label` is one.
std::string_view label_range(const LossOptions& loss);
bool takes_label(const LossOptions& loss, double label);

}  // namespace rift::objective
