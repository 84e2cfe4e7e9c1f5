#pragma once

#include "package/small_dataset.h"
#include "rift/train/options.h"

namespace rift::test {

/// Tokens of a row where three virtual ones may stand before it: the small model has twelve positions.
inline constexpr int64_t kMaxTokensBehindVirtual = 9;

/// Settings under which the small model learns the small data in a second.
inline train::FineTuneOptions small_options(const std::filesystem::path& backbone) {
  train::FineTuneOptions options;
  options.text.backbone = backbone.string();
  options.text.max_tokens = 12;
  options.optim.name = optim::AdamWOptions{};
  options.optim.lr = 5e-3;
  options.optim.head_lr = 2e-2;
  options.optim.batch_rows = 8;
  options.optim.epochs = 6;
  options.train.checkpoint_every_steps = 7;
  options.train.early_stopping.patience = 0;
  return options;
}

}  // namespace rift::test
