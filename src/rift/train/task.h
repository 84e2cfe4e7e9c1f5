#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rift/base/json.h"
#include "rift/nn/forward_context.h"
#include "rift/nn/parameters.h"
#include "rift/objective/task_loss.h"
#include "rift/train/options.h"

namespace rift::train {

/// What one forward and backward pass over some rows gave.
struct PartLoss {
  objective::LossSum loss;
  objective::LossSum anchor;  // of L_pretrain, what compares rows; without lambda
  int64_t tokens = 0;
};

/// What the validation rows say.
struct Evaluation {
  std::string metric;  // the one that decides, "auc"
  double value = 0.0;  // of it; finite
  bool higher_is_better = false;
  Json figures;     // every figure by name, numbers or null
  Json forgetting;  // the same of Forgetting, null where nobody asked
};

/// What is trained, as the loop sees it: rows in, gradients out. Fine-tuning a text model is one, pretraining another.
class TrainingTask {
 public:
  virtual ~TrainingTask() = default;
  virtual int64_t rows() const = 0;  // of training, numbered 0 .. rows()-1
  /// That rows count with in the loss of this pass, together: what add_gradient() gives as the loss's weight.
  virtual double weight(std::span<const int64_t> rows, const nn::ForwardContext& context) const = 0;
  virtual int64_t source_row(int64_t row) const = 0;  // for messages
  virtual nn::ParameterStore& parameters() = 0;
  /// Adds scale * d(sum over `rows` of weight * (loss + lambda * what L_pretrain says of the row)) / d(theta) to the
  /// gradients; returns both sums without `scale` and lambda.
  virtual PartLoss add_gradient(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale) = 0;
  /// Why the rows of a step may not be taken in parts: what sets them against each other, as the first half of a
  /// sentence. Empty where the gradient of a batch is the sum of its parts' gradients, wherever it is cut.
  virtual std::string_view why_whole_steps() const { return {}; }
  /// Whether L_pretrain has a part that a step meets once, whatever its rows; and that part: adds lambda times its
  /// gradient, returns it without lambda. `step`: 0-based.
  virtual bool has_step_anchor() const { return false; }
  virtual double add_step_anchor(int64_t /*step*/, const nn::ForwardContext& /*context*/) { return 0.0; }
  virtual bool validates() const = 0;  // whether evaluate() says something
  /// nullopt when there are no validation rows. May throw kInterrupted.
  virtual std::optional<Evaluation> evaluate() = 0;
  /// Other parameters train from now on than before.
  virtual void trainable_changed() {}
  /// Parameters whose gradient is zero by construction, so that they need not move.
  virtual bool may_stay(std::string_view parameter) const = 0;
};

/// Parameters of text models whose gradient is zero by construction: adding a constant to all keys changes no
/// attention weight, so the gradient of a key's bias is nothing but rounding.
inline bool has_no_gradient(std::string_view parameter) {
  return parameter.ends_with(".attention.self.key.bias") || parameter.ends_with(".attention.k_lin.bias");
}

}  // namespace rift::train
