#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/optim/options.h"

namespace rift::train {

/// How the training rows are dealt to steps.
///   all others: batch_rows * accumulate rows a step, the last step of an epoch takes what is left
///   gd (gradient descent): every row, one step an epoch, in parts of batch_rows
struct RowPlan {
  int64_t rows = 0;           // N
  int64_t rows_per_part = 0;  // of one forward and backward pass
  int64_t rows_per_step = 0;
  int64_t steps_per_epoch = 0;
  int64_t first_steps = 0;  // ceil(epochs * steps_per_epoch)
  int64_t total_steps = 0;  // with those of more_epochs
};
/// Throws kData when there are no rows.
RowPlan plan_rows(const optim::OptimOptions& options, int64_t rows);

/// How an epoch's permutation is made: sorted by random keys (16 bytes a row), or computed index by index, which holds
/// nothing in memory (IndexPermutation). Both follow from (seed, epoch); they are not the same one.
enum class Shuffle { kSorted, kCounted };

/// Rows of every step: each epoch is a permutation that follows from (seed, epoch) alone, so that a run may be taken up
/// at any step.
class RowOrder {
 public:
  RowOrder(const RowPlan& plan, uint64_t seed, Shuffle shuffle = Shuffle::kSorted)
      : plan_(plan), seed_(seed), shuffle_(shuffle) {}
  int64_t epoch_of(int64_t step) const { return step / plan_.steps_per_epoch; }
  /// Rows of the 0-based step; valid until the next call.
  std::span<const int64_t> rows_of(int64_t step);

 private:
  RowPlan plan_;
  uint64_t seed_;
  Shuffle shuffle_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;  // of the epoch; of the step where it is computed
};

}  // namespace rift::train
