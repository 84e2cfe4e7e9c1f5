#include "rift/train/row_order.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/random.h"

namespace rift::train {
namespace {

// Streams of one run's seed; the epoch is added to it.
constexpr uint64_t kStreamRowOrder = uint64_t{0x726f77} << 32;

}  // namespace

RowPlan plan_rows(const optim::OptimOptions& options, int64_t rows) {
  RIFT_REQUIRE(rows > 0, Code::kData, "there is no training row; check the split");
  RowPlan plan;
  plan.rows = rows;
  plan.rows_per_part = std::min(rows, options.batch_rows);
  const bool whole = std::holds_alternative<optim::GdOptions>(options.name);
  // Compared by division: batch_rows * accumulate may be beyond int64.
  const bool all_fit = whole || options.accumulate >= (rows + options.batch_rows - 1) / options.batch_rows;
  plan.rows_per_step = all_fit ? rows : options.batch_rows * options.accumulate;
  plan.steps_per_epoch = (rows + plan.rows_per_step - 1) / plan.rows_per_step;
  const auto steps_of = [&](double epochs) {
    const double steps = epochs * static_cast<double>(plan.steps_per_epoch);
    RIFT_REQUIRE(steps < 1e15, Code::kConfig,
                 "optim.epochs: {} epochs are more steps than can be counted; set it lower", epochs);
    return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(steps - 1e-9)));
  };
  plan.first_steps = steps_of(options.epochs);
  plan.total_steps = options.more_epochs > 0
                         ? std::max(plan.first_steps + 1, steps_of(options.epochs + options.more_epochs))
                         : plan.first_steps;
  return plan;
}

std::span<const int64_t> RowOrder::rows_of(int64_t step) {
  const int64_t epoch = epoch_of(step);
  const uint64_t stream = kStreamRowOrder + static_cast<uint64_t>(epoch);
  const int64_t first = (step - epoch * plan_.steps_per_epoch) * plan_.rows_per_step;
  const int64_t last = std::min(plan_.rows, first + plan_.rows_per_step);
  if (shuffle_ == Shuffle::kCounted) {
    const IndexPermutation permutation(plan_.rows, seed_, stream);
    order_.clear();
    for (int64_t i = first; i < last; ++i) order_.push_back(permutation(i));
    return order_;
  }
  if (epoch != epoch_) {
    order_ = CounterRandom(seed_, stream).permutation(plan_.rows);
    epoch_ = epoch;
  }
  return std::span(order_).subspan(static_cast<size_t>(first), static_cast<size_t>(last - first));
}

}  // namespace rift::train
