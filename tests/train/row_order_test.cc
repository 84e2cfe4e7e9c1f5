#include "rift/train/row_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rift/base/error.h"

namespace rift::train {
namespace {

optim::OptimOptions options(int64_t batch_rows, int64_t accumulate, double epochs) {
  optim::OptimOptions options;
  options.batch_rows = batch_rows;
  options.accumulate = accumulate;
  options.epochs = epochs;
  return options;
}

TEST(RowPlan, TheLastStepOfAnEpochTakesWhatIsLeft) {
  const RowPlan plan = plan_rows(options(4, 2, 3), 19);
  EXPECT_EQ(plan.rows_per_part, 4);
  EXPECT_EQ(plan.rows_per_step, 8);
  EXPECT_EQ(plan.steps_per_epoch, 3);
  EXPECT_EQ(plan.total_steps, 9);
}

TEST(RowPlan, AFractionOfAnEpochStopsWithinIt) {
  EXPECT_EQ(plan_rows(options(1, 1, 0.25), 10).total_steps, 3);
  EXPECT_EQ(plan_rows(options(1, 1, 0.3), 10).total_steps, 3);  // .3 * 10 is a little more than 3 in binary
  EXPECT_EQ(plan_rows(options(64, 1, 0.01), 10).total_steps, 1);
}

TEST(RowPlan, GradientDescentTakesEveryRowInOneStep) {
  optim::OptimOptions gd = options(4, 1, 5);
  gd.name = optim::GdOptions{};
  const RowPlan plan = plan_rows(gd, 19);
  EXPECT_EQ(plan.rows_per_part, 4);
  EXPECT_EQ(plan.rows_per_step, 19);
  EXPECT_EQ(plan.total_steps, 5);
}

TEST(RowPlan, HugeBatchesDoNotOverflow) {
  const int64_t huge = int64_t{1} << 62;
  EXPECT_EQ(plan_rows(options(huge, huge, 1), 7).rows_per_step, 7);
  EXPECT_EQ(plan_rows(options(1, huge, 1), 7).rows_per_step, 7);
}

TEST(RowPlan, NoRowsAreTheDatasFault) {
  try {
    plan_rows(options(4, 1, 1), 0);
    FAIL() << "nothing thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kData);
  }
}

TEST(RowOrder, EveryRowComesOnceAnEpochAndEpochsDiffer) {
  const RowPlan plan = plan_rows(options(4, 1, 2), 10);
  RowOrder order(plan, 7);
  std::vector<std::vector<int64_t>> epochs(2);
  for (int64_t step = 0; step < plan.total_steps; ++step) {
    const auto rows = order.rows_of(step);
    auto& epoch = epochs[static_cast<size_t>(order.epoch_of(step))];
    epoch.insert(epoch.end(), rows.begin(), rows.end());
  }
  EXPECT_NE(epochs[0], epochs[1]);
  for (auto& epoch : epochs) {
    std::ranges::sort(epoch);
    EXPECT_THAT(epoch, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  }
}

TEST(RowOrder, AStepTakenUpInTheMiddleHasTheSameRows) {
  const RowPlan plan = plan_rows(options(3, 1, 4), 11);
  RowOrder from_start(plan, 3);
  for (int64_t step = 0; step < plan.total_steps; ++step) {
    const auto expected = from_start.rows_of(step);
    RowOrder fresh(plan, 3);
    EXPECT_THAT(fresh.rows_of(step), testing::ElementsAreArray(expected)) << step;
  }
}

TEST(RowOrder, AnotherSeedGivesAnotherOrder) {
  const RowPlan plan = plan_rows(options(50, 1, 1), 50);
  RowOrder a(plan, 1);
  RowOrder b(plan, 2);
  EXPECT_FALSE(std::ranges::equal(a.rows_of(0), b.rows_of(0)));
}

TEST(RowOrder, AComputedOrderIsAPermutationThatCanBeTakenUpAnywhereToo) {
  const RowPlan plan = plan_rows(options(7, 1, 3), 1000);
  RowOrder order(plan, 5, Shuffle::kCounted);
  std::vector<std::vector<int64_t>> epochs(3);
  for (int64_t step = 0; step < plan.total_steps; ++step) {
    const auto rows = order.rows_of(step);
    RowOrder fresh(plan, 5, Shuffle::kCounted);
    EXPECT_THAT(fresh.rows_of(step), testing::ElementsAreArray(rows)) << step;
    auto& epoch = epochs[static_cast<size_t>(order.epoch_of(step))];
    epoch.insert(epoch.end(), rows.begin(), rows.end());
  }
  EXPECT_NE(epochs[0], epochs[1]);
  for (auto& epoch : epochs) {
    EXPECT_FALSE(std::ranges::is_sorted(epoch));
    std::ranges::sort(epoch);
    for (int64_t row = 0; row < 1000; ++row) ASSERT_EQ(epoch[static_cast<size_t>(row)], row);
  }
}

}  // namespace
}  // namespace rift::train
