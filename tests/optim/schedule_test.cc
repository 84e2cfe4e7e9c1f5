#include "rift/optim/schedule.h"

#include <gtest/gtest.h>

namespace rift::optim {
namespace {

TEST(Schedule, WarmUpRisesToOneThenLinearFallsTowardsZero) {
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::kLinear, 0.2, 0, 10), 0.5);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::kLinear, 0.2, 1, 10), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::kLinear, 0.2, 2, 10), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::kLinear, 0.2, 6, 10), 0.5);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::kLinear, 0.2, 9, 10), 0.125);
}

TEST(Schedule, ConstantAndCosineWithoutWarmUp) {
  for (int64_t step = 0; step < 5; ++step) EXPECT_EQ(schedule_factor(Schedule::kConstant, 0, step, 5), 1.0);
  EXPECT_DOUBLE_EQ(schedule_factor(Schedule::kCosine, 0, 0, 4), 1.0);
  EXPECT_NEAR(schedule_factor(Schedule::kCosine, 0, 2, 4), 0.5, 1e-15);
}

TEST(Schedule, OneStepRunMoves) { EXPECT_EQ(schedule_factor(Schedule::kLinear, 0.06, 0, 1), 1.0); }

}  // namespace
}  // namespace rift::optim
