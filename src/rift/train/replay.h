#pragma once

#include <cstdint>

#include "rift/train/pretrain/language_task.h"
#include "rift/train/pretrain/own_language.h"
#include "rift/train/pretrain/unlabelled_rows.h"
#include "rift/train/row_order.h"

namespace rift::train {

/// L_pretrain as the loss that the model was pretrained with, on texts of the kind that it should keep: one batch of
/// them a step, in an order that follows from (seed, step) alone, so that a run may be taken up at any step.
class Replay {
 public:
  struct Spec {
    const UnlabelledRows& texts;
    const OwnLanguage& language;
    int64_t batch_rows = 32;
    uint64_t seed = 1;
    c10::Device device = c10::Device(c10::DeviceType::CPU);
  };
  /// Throws kConfig where the loss cannot be told, or nothing that it depends on moves.
  explicit Replay(const Spec& spec);

  /// Adds lambda times the gradient of the mean loss over the step's tokens; returns the mean. `context`: the step's;
  /// its epoch is the texts' own.
  double add_gradient(int64_t step, nn::ForwardContext context, double lambda);

 private:
  PartLoss add_part(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale);
  LanguageTask task_;
  RowOrder order_;
};

}  // namespace rift::train
